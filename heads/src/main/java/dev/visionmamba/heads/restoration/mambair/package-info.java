/**
 * MambaIR (Guo et al. 2024, arXiv:2402.15648): super-resolution, Gaussian denoising and JPEG
 * artifacts by one network, real denoising by a U-Net of the same blocks.
 */
package dev.visionmamba.heads.restoration.mambair;
