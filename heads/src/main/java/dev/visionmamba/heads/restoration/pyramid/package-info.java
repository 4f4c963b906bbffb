/**
 * Restoration over a feature pyramid: a decoder that climbs back to the image's own resolution, for
 * any backbone.
 */
package dev.visionmamba.heads.restoration.pyramid;
