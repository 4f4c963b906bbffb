/**
 * Measures of how good a prediction is: accuracy and the confusion matrix of classes, average
 * precision of detections, intersection over union of labelled pixels, PSNR and SSIM of restored
 * pictures.
 */
package dev.visionmamba.tasks.metrics;
