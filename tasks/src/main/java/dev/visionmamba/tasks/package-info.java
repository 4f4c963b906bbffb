/**
 * What an application calls: {@link dev.visionmamba.tasks.ImageClassifier}, {@link
 * dev.visionmamba.tasks.ObjectDetector}, {@link dev.visionmamba.tasks.InstanceSegmenter}, {@link
 * dev.visionmamba.tasks.SemanticSegmenter} and {@link dev.visionmamba.tasks.ImageRestorer}. Each
 * loads by name, takes pictures of any size, and gives plain records.
 *
 * <p>All of them may be shared by any number of threads; closing one frees its memory. Pictures
 * larger than a network's input are seen in overlapping tiles or through a sliding window, where
 * options say so.
 */
package dev.visionmamba.tasks;
