/** Semantic segmentation: decode heads, the network that joins them to a backbone, inference. */
package dev.visionmamba.heads.segmentation;
