/**
 * EfficientViM (Lee et al. 2024, arXiv:2411.15241): three stages whose tokens meet in a few hidden
 * states, on which all channel mixing of the state-space layer is done.
 */
package dev.visionmamba.backbones.efficientvim;
