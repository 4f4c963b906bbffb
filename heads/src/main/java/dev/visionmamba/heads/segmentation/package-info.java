/**
 * Semantic segmentation: a class for every pixel. A {@link
 * dev.visionmamba.heads.segmentation.Segmenter} joins a backbone to a {@link
 * dev.visionmamba.heads.segmentation.DecodeHead}: UPerNet (Xiao et al. 2018, <a
 * href="https://arxiv.org/abs/1807.10221">arXiv:1807.10221</a>) with its auxiliary FCN head, or
 * Semantic FPN (Kirillov et al. 2019, <a
 * href="https://arxiv.org/abs/1901.02446">arXiv:1901.02446</a>), as mmsegmentation has them. {@link
 * dev.visionmamba.heads.segmentation.SegmentationInference} sees an image whole or through a
 * sliding window.
 */
package dev.visionmamba.heads.segmentation;
