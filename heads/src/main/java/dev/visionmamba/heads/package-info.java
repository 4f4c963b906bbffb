/**
 * What turns a backbone's features into a task's answer. Here is the {@link
 * dev.visionmamba.heads.Classifier}, which joins a backbone to its family's head; the packages
 * below hold the rest:
 *
 * <ul>
 *   <li>{@link dev.visionmamba.heads.neck}: from a backbone's maps to a pyramid of equal channels;
 *   <li>{@link dev.visionmamba.heads.detection} and {@link dev.visionmamba.heads.segmentation}:
 *       objects with boxes and masks, and a class for every pixel;
 *   <li>{@link dev.visionmamba.heads.restoration}: better pictures;
 *   <li>{@link dev.visionmamba.heads.ops}, {@link dev.visionmamba.heads.assign} and {@link
 *       dev.visionmamba.heads.losses}: operators on boxes and masks, and what training needs.
 * </ul>
 */
package dev.visionmamba.heads;
