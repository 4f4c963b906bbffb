package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.backbones.layers.Casts;

/**
 * What a dense head says of a level, in single precision.
 *
 * @param scores (B, H, W, A x K) logits of K classes for each of A anchors a place
 * @param deltas (B, H, W, A x 4) ways from the anchors to boxes
 */
public record LevelPrediction(NDArray scores, NDArray deltas) {

  /** Converts what half precision gives. */
  public LevelPrediction {
    scores = Casts.single(scores);
    deltas = Casts.single(deltas);
  }
}
