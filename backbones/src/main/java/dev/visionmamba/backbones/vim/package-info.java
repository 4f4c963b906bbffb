/**
 * Vision Mamba (Vim, Zhu et al. 2024, arXiv:2401.09417): a plain backbone of bidirectional Mamba
 * blocks over patches and a class token.
 */
package dev.visionmamba.backbones.vim;
