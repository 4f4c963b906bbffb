/**
 * What an application calls: a classifier that takes pictures and gives names with probabilities.
 */
package dev.visionmamba.tasks;
