/**
 * What is known or found in pictures: boxes, masks, labels of pixels, and the COCO files that hold
 * them.
 */
package dev.visionmamba.tasks.annotations;
