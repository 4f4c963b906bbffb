/**
 * MambaIR (Guo et al. 2024, <a href="https://arxiv.org/abs/2402.15648">arXiv:2402.15648</a>):
 * super-resolution, Gaussian denoising and JPEG artifacts by one network, real denoising by a U-Net
 * of the same blocks.
 *
 * <p>A block is VMamba's four-directional scan and channel attention, each on a residual branch
 * with a learned scale; a group of blocks ends with a convolution, and the picture is rebuilt from
 * the sum of shallow and deep features.
 */
package dev.visionmamba.heads.restoration.mambair;
