package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.backbones.layers.Casts;

/**
 * What a box head says of regions, in single precision.
 *
 * @param scores (n, K + 1) logits of K classes and, last, the background
 * @param deltas (n, K x 4) ways from the region to each class's box; (n, 4) where the classes share
 *     one
 */
public record BoxPrediction(NDArray scores, NDArray deltas) {

  /** Converts what half precision gives. */
  public BoxPrediction {
    scores = Casts.single(scores);
    deltas = Casts.single(deltas);
  }
}
