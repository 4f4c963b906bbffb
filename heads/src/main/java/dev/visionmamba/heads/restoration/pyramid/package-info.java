/**
 * Restoration over a feature pyramid: a decoder that climbs back to the image's own resolution, for
 * any backbone, as a U-Net does (Ronneberger et al. 2015, <a
 * href="https://arxiv.org/abs/1505.04597">arXiv:1505.04597</a>). What it computes is added to the
 * image.
 */
package dev.visionmamba.heads.restoration.pyramid;
