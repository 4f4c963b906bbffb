/**
 * Heads that find objects in a feature pyramid: Mask R-CNN and RetinaNet as mmdetection has them,
 * and the cascade of Vim's detector as detectron2 has it. Parameters have the names of the
 * published checkpoints.
 *
 * <p>Three frames of coordinates meet here, all in pixels: the original image; the network's input,
 * which is the image resized ({@link dev.visionmamba.heads.detection.ImageFrame}) and padded on the
 * right and at the bottom; and a level's map, smaller than the input by the level's stride.
 */
package dev.visionmamba.heads.detection;
