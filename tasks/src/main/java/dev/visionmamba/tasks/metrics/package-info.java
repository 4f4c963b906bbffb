/**
 * Measures of how good a prediction is: accuracy and the confusion matrix of classes; average
 * precision of detections, as COCO counts it (Lin et al. 2014, <a
 * href="https://arxiv.org/abs/1405.0312">arXiv:1405.0312</a>); intersection over union of labelled
 * pixels; PSNR and SSIM (<a href="https://doi.org/10.1109/TIP.2003.819861">Wang et al. 2004</a>) of
 * restored pictures.
 */
package dev.visionmamba.tasks.metrics;
