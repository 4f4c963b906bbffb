/**
 * What turns a backbone's features into a task's answer: the classification head and the classifier
 * that joins it to a backbone.
 */
package dev.visionmamba.heads;
