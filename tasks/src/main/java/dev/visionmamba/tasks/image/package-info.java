/**
 * Pixels: decoding any picture upright into RGB, and the resizing, cropping and normalising that
 * the published accuracies were measured with, bit for bit; and pictures that keep their depth and
 * alpha.
 *
 * <p>{@link dev.visionmamba.tasks.image.Resampler} is PIL's fixed-point resampling, {@link
 * dev.visionmamba.tasks.image.BilinearResize} OpenCV's; {@link
 * dev.visionmamba.tasks.image.Preprocessing} is what classifiers see of a picture, {@link
 * dev.visionmamba.tasks.image.FitPreprocessing} what detectors and segmenters see.
 */
package dev.visionmamba.tasks.image;
