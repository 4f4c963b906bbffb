/**
 * What makes a plain backbone see in many scales (ViT-Adapter, Chen et al. 2022, arXiv:2205.08534):
 * a convolutional branch beside it, and attention both ways between the two.
 */
package dev.visionmamba.backbones.adapter;
