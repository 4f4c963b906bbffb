package dev.visionmamba.heads.restoration.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.function.Supplier;

/** How long intermediate results live. */
public final class Scopes {
  private Scopes() {}

  /**
   * Runs a part of a block; what it makes on the way is freed before the next part begins. In
   * training, the part must not cut an array that was made outside, nor return one that was cut.
   *
   * @param part makes one array
   * @return that array, which lives as long as the scope around, if there is one
   */
  public static NDArray run(Supplier<NDArray> part) {
    NDArray result;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      result = part.get();
      NDScope.unregister(result);
    }
    NDScope.register(result);
    return result;
  }

  /**
   * Closes what is no longer needed, but not in training, where the tape may need it.
   *
   * @param training whether gradients are recorded
   * @param array not needed any more
   */
  public static void release(boolean training, NDArray array) {
    if (!training) {
      array.close();
    }
  }
}
