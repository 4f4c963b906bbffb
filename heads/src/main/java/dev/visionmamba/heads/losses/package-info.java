/**
 * What detectors and segmenters are trained with: losses made of DJL's operations, so that any
 * device computes them and autograd differentiates them.
 *
 * <p>Each loss is a scalar in the type of the prediction, owned by the prediction's manager. No
 * loss reads or keeps anything between two calls. Operands that autograd needs again (labels,
 * targets, weights) must stay open, with their manager, until the backward pass.
 */
package dev.visionmamba.heads.losses;
