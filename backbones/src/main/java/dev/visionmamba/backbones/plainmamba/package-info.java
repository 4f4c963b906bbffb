/**
 * PlainMamba (Yang et al. 2024, <a href="https://arxiv.org/abs/2403.17695">arXiv:2403.17695</a>): a
 * plain backbone of one width, whose layers walk the grid of patches from neighbour to neighbour
 * and tell each step where it came from.
 *
 * <p>The continuous scan never jumps from one end of a row to the other; a learned vector for each
 * move (left, right, up, down) is added to B. {@link
 * dev.visionmamba.backbones.plainmamba.PlainMambaAdapter} is the form that the published detectors
 * stand on, with four levels.
 */
package dev.visionmamba.backbones.plainmamba;
