package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a detector has to learn from a batch.
 *
 * @param parts scalars with their history, by the names that mmdetection logs them under
 * @param positives how many of the places or regions that were looked at lie on an object
 * @param recognised how many of them have their object's class as the likeliest
 */
public record DetectionLosses(Map<String, NDArray> parts, int positives, int recognised) {

  /** Copies the map, whose order stays. */
  public DetectionLosses {
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  /**
   * What a training step differentiates.
   *
   * @return the sum of the parts, a scalar
   */
  public NDArray total() {
    return parts.values().stream().reduce(NDArray::add).orElseThrow();
  }
}
