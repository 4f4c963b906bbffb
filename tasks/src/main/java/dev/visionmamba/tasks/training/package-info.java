/**
 * Training and evaluating classifiers: data sets, the loop, its schedule, checkpoints and curves.
 */
package dev.visionmamba.tasks.training;
