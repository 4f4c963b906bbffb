/**
 * Vision Mamba (Vim, Zhu et al. 2024, <a
 * href="https://arxiv.org/abs/2401.09417">arXiv:2401.09417</a>): a plain backbone of bidirectional
 * Mamba blocks.
 *
 * <p>An image becomes a row of patches with a class token in its middle and position embeddings.
 * Each of the 24 blocks walks the row in both directions, with parameters for each, and averages
 * what they give. {@link dev.visionmamba.backbones.vim.VimConfig} names the published variants.
 */
package dev.visionmamba.backbones.vim;
