/**
 * How well a model did: confusion matrix, average precision, overlap of labels, and the likeness of
 * pictures.
 */
package dev.visionmamba.tasks.metrics;
