/**
 * Pixels: decoding any picture upright into RGB, and the resizing, cropping and normalising that
 * the published accuracies were measured with, bit for bit; and pictures that keep their depth and
 * alpha.
 */
package dev.visionmamba.tasks.image;
