/** Necks: what turns the maps of a backbone into a pyramid of equal channels. */
package dev.visionmamba.heads.neck;
