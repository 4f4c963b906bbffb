/**
 * MambaIRv2 (Guo et al. 2024, <a href="https://arxiv.org/abs/2411.15269">arXiv:2411.15269</a>):
 * window attention and an attentive state space that needs a single scan: tokens that choose the
 * same learned prompt are neighbours in it, however far apart they lie in the picture.
 */
package dev.visionmamba.heads.restoration.mambairv2;
