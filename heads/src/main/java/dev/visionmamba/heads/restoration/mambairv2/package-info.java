/**
 * MambaIRv2 (Guo et al. 2024, arXiv:2411.15269): window attention and an attentive state space that
 * needs a single scan.
 */
package dev.visionmamba.heads.restoration.mambairv2;
