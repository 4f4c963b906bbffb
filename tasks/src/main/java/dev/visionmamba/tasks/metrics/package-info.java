/** Measures of how good a prediction is: accuracy, the confusion matrix. */
package dev.visionmamba.tasks.metrics;
