/**
 * The layers that all families share, written once: a base block whose parameters carry the
 * official names, linear and convolution layers, norms, patch embedding.
 */
package dev.visionmamba.backbones.layers;
