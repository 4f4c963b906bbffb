/**
 * The operators of detection, on plain arrays and on the memory of tensors: anchors, box
 * regression, non-maximum suppression, RoIAlign, mask pasting and the arithmetic of image sizes.
 *
 * <p>Boxes lie one after the other in an array of floats, four each: x1, y1, x2, y2, the left, top,
 * right and bottom edge in pixels. A box of x1 = 0 and x2 = 1 covers the first column of pixels. No
 * array that is handed over is changed.
 */
package dev.visionmamba.heads.ops;
