/**
 * What an application calls: a classifier that takes pictures and gives names with probabilities,
 * and a segmenter that says what each pixel shows.
 */
package dev.visionmamba.tasks;
