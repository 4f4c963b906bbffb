/**
 * What makes a plain backbone see in many scales (ViT-Adapter, Chen et al. 2022, <a
 * href="https://arxiv.org/abs/2205.08534">arXiv:2205.08534</a>): a convolutional branch beside it,
 * and deformable attention (Zhu et al. 2020, <a
 * href="https://arxiv.org/abs/2010.04159">arXiv:2010.04159</a>) both ways between the two.
 */
package dev.visionmamba.backbones.adapter;
