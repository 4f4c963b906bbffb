/**
 * The layers that all families share, written once: a base block whose parameters carry the
 * official names, linear and convolution layers, norms, patch embedding, stochastic depth (Huang et
 * al. 2016, <a href="https://arxiv.org/abs/1603.09382">arXiv:1603.09382</a>).
 *
 * <p>Blocks free what they compute on the way and hand back their result only, so that the memory
 * of a forward pass is that of its largest block. {@link
 * dev.visionmamba.backbones.layers.StateSpace} says how the parameters of a recurrence start.
 */
package dev.visionmamba.backbones.layers;
