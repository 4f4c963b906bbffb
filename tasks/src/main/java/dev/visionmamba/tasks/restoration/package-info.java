/**
 * Restoring pictures of any size: tiles, their blending and self-ensemble around a network that is
 * a plain function of a tile; and the losses that such networks learn with.
 */
package dev.visionmamba.tasks.restoration;
