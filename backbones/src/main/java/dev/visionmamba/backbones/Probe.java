package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.Map;

/**
 * Sees a network's intermediate results by name, for looking inside and for tests. An array is
 * closed after the call, and so is what is computed of it where the network computes within a scope
 * of its own; {@link #copying} keeps copies.
 */
@FunctionalInterface
public interface Probe {

  /** Looks at nothing. */
  Probe NONE = (name, value) -> {};

  /**
   * Keeps copies of all that it sees.
   *
   * @param copies gets them by name, in the order in which data passes; they belong to the images'
   *     manager
   * @return such a probe
   */
  static Probe copying(Map<String, NDArray> copies) {
    return (name, value) -> {
      NDArray copy = value.duplicate();
      NDScope.unregister(copy); // the network's own scope would close it
      copies.put(name, copy);
    };
  }

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
