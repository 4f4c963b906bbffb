package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;

/**
 * Sees a network's intermediate results by name, for looking inside and for tests. An array is
 * closed after the call unless it is duplicated.
 */
@FunctionalInterface
public interface Probe {

  /** Looks at nothing. */
  Probe NONE = (name, value) -> {};

  /**
   * Called as data passes.
   *
   * @param name what it is, for example {@code block0}
   * @param value the array
   */
  void see(String name, NDArray value);
}
