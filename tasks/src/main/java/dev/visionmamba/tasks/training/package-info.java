/**
 * Training, fine-tuning and evaluating classifiers: data sets, augmentation, the loop, its
 * schedule, checkpoints and curves.
 */
package dev.visionmamba.tasks.training;
