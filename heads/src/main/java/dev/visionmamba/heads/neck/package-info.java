/**
 * Necks: what turns the maps of a backbone into a pyramid of equal channels. {@link
 * dev.visionmamba.heads.neck.Fpn} is the feature pyramid network (Lin et al. 2016, <a
 * href="https://arxiv.org/abs/1612.03144">arXiv:1612.03144</a>): a 1x1 convolution on each map, the
 * coarser one added to the finer, a 3x3 convolution on each sum. {@link
 * dev.visionmamba.heads.neck.EfficientViMFpn} is the one of EfficientViM's published detectors.
 */
package dev.visionmamba.heads.neck;
