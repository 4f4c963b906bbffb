/**
 * Restoring pictures of any size: tiles, their blending and self-ensemble around a network that is
 * a plain function of a tile.
 */
package dev.visionmamba.tasks.restoration;
