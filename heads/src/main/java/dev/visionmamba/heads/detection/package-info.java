/**
 * Heads that find objects in a feature pyramid: Mask R-CNN (He et al. 2017, <a
 * href="https://arxiv.org/abs/1703.06870">arXiv:1703.06870</a>) and RetinaNet (Lin et al. 2017, <a
 * href="https://arxiv.org/abs/1708.02002">arXiv:1708.02002</a>) as mmdetection has them, and the
 * cascade (Cai and Vasconcelos 2017, <a
 * href="https://arxiv.org/abs/1712.00726">arXiv:1712.00726</a>) of Vim's detector as detectron2 has
 * it. Parameters have the names of the published checkpoints.
 *
 * <p>A {@link dev.visionmamba.heads.detection.Detector} is a backbone, a neck and a {@link
 * dev.visionmamba.heads.detection.DetectionHead}. A {@link
 * dev.visionmamba.heads.detection.DetectionObjective} makes the losses that a head learns from.
 *
 * <p>Three frames of coordinates meet here, all in pixels: the original image; the network's input,
 * which is the image resized ({@link dev.visionmamba.heads.detection.ImageFrame}) and padded on the
 * right and at the bottom; and a level's map, smaller than the input by the level's stride.
 */
package dev.visionmamba.heads.detection;
