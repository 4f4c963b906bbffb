/**
 * EfficientViM (Lee et al. 2024, <a href="https://arxiv.org/abs/2411.15241">arXiv:2411.15241</a>):
 * three stages whose tokens meet in a few hidden states, on which all channel mixing of the
 * state-space layer is done.
 *
 * <p>Its layer (HSM-SSD) is the non-causal form of state-space duality: matrix products, and no
 * scan. The classifier reads the hidden states of every stage beside the last map. {@link
 * dev.visionmamba.backbones.efficientvim.EfficientViMConfig} names the published variants.
 */
package dev.visionmamba.backbones.efficientvim;
