package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.initializer.Initializer;

/** How the parameters of selective state spaces start (Mamba, arXiv:2312.00752, section 3.6). */
public final class StateSpace {
  /** The range that step sizes are started in. */
  private static final double LEAST_DELTA = 1e-3;

  private static final double LARGEST_DELTA = 1e-1;

  private StateSpace() {}

  /**
   * For the logarithm of -A, (channels, N): A starts as -1, -2, ..., -N in every channel
   * (S4D-real).
   *
   * @return the initializer
   */
  public static Initializer decay() {
    return (manager, shape, type) -> {
      long states = shape.get(1);
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray row = manager.arange(1f, states + 1f, 1f, precise(type)).log().reshape(1, states);
        NDArray logs = row.repeat(0, shape.get(0)).toType(type, false);
        NDScope.unregister(logs);
        return logs;
      }
    };
  }

  /**
   * For the bias of the step sizes: softplus(bias) starts spread evenly, by its logarithm, over
   * 0.001 to 0.1.
   *
   * @return the initializer
   */
  public static Initializer deltaBias() {
    return (manager, shape, type) -> {
      float low = (float) Math.log(LEAST_DELTA);
      float high = (float) Math.log(LARGEST_DELTA);
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray delta = manager.randomUniform(low, high, shape, precise(type)).exp();
        // The inverse of softplus.
        NDArray bias = delta.neg().exp().neg().add(1).log().add(delta).toType(type, false);
        NDScope.unregister(bias);
        return bias;
      }
    };
  }

  /** Half precision is made of single: a small step would not survive its logarithm. */
  private static DataType precise(DataType type) {
    return type == DataType.FLOAT64 ? type : DataType.FLOAT32;
  }
}
