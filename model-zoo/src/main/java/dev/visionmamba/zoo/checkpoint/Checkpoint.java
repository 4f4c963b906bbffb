package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The contents of a weights file: named tensors and free-form text.
 *
 * <p>The arrays belong to the manager that they were read with and are closed with it; the maps
 * cannot be changed.
 *
 * @param tensors the tensors by name, in the order in which the file stores them
 * @param metadata texts by key, empty when the file has none
 */
public record Checkpoint(Map<String, NDArray> tensors, Map<String, String> metadata) {
  /** Copies the maps (not the arrays), keeping their order. */
  public Checkpoint {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }
}
