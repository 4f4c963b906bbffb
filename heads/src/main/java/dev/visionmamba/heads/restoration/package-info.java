/**
 * Image restoration: super-resolution, denoising and the removal of compression artifacts. Images
 * in, images out; the networks by name ({@link dev.visionmamba.heads.restoration.Restorers}), and
 * large images tile by tile ({@link dev.visionmamba.heads.restoration.TileGrid}).
 */
package dev.visionmamba.heads.restoration;
