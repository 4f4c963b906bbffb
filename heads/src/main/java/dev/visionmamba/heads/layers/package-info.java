/**
 * What heads and necks share: convolutions with norm and activation, resizing of maps, checks of
 * the levels they read.
 */
package dev.visionmamba.heads.layers;
