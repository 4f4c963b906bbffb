/**
 * Image restoration: super-resolution, denoising and the removal of compression artifacts. Images
 * in, images out; the networks by name, and large images tile by tile.
 */
package dev.visionmamba.heads.restoration;
