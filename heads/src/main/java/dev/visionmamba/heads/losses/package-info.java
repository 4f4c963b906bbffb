/**
 * What detectors and segmenters are trained with: losses made of DJL's operations, so that any
 * device computes them and autograd differentiates them. Among them are the focal loss (Lin et al.
 * 2017, <a href="https://arxiv.org/abs/1708.02002">arXiv:1708.02002</a>), the generalized IoU loss
 * (Rezatofighi et al. 2019, <a href="https://arxiv.org/abs/1902.09630">arXiv:1902.09630</a>) and
 * the Dice loss (Milletari et al. 2016, <a
 * href="https://arxiv.org/abs/1606.04797">arXiv:1606.04797</a>).
 *
 * <p>Each loss is a scalar in the type of the prediction, owned by the prediction's manager. No
 * loss reads or keeps anything between two calls. Operands that autograd needs again (labels,
 * targets, weights) must stay open, with their manager, until the backward pass.
 */
package dev.visionmamba.heads.losses;
