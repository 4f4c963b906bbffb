package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

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

  /**
   * The same, for a network that computes in a manager of its own.
   *
   * @param manager that arrays belong to as this probe sees them, and so its duplicates of them
   * @return sees them where they are, and shows them to this one
   */
  default Probe in(NDManager manager) {
    if (this == NONE) {
      return this;
    }
    return (name, value) -> {
      try (NDArray shown = value.reshape(value.getShape())) { // another handle on the elements
        shown.attach(manager);
        see(name, shown);
      }
    };
  }
}
