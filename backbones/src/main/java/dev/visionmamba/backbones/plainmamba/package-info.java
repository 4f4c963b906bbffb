/**
 * PlainMamba (Yang et al. 2024, arXiv:2403.17695): a plain backbone of one width, whose layers walk
 * the grid of patches from neighbour to neighbour and tell each step where it came from.
 */
package dev.visionmamba.backbones.plainmamba;
