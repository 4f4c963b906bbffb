/**
 * What is known or found in pictures: boxes, masks, labels of pixels, and the <a
 * href="https://cocodataset.org/#format-data">COCO files</a> that hold them. Masks are runs of
 * pixels ({@link dev.visionmamba.tasks.annotations.RunLengthMask}), as COCO counts them.
 */
package dev.visionmamba.tasks.annotations;
