/**
 * Pictures of what is not one: scan paths, detections, segmented pictures, comparisons of before
 * and after; their palettes and legends.
 */
package dev.visionmamba.tasks.drawing;
