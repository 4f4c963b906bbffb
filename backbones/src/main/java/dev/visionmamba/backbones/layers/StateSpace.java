package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
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
    return (manager, shape, type) ->
        manager
            .arange(1f, shape.get(1) + 1f)
            .log()
            .reshape(1, shape.get(1))
            .repeat(0, shape.get(0));
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
      NDArray delta = manager.randomUniform(low, high, shape).exp();
      return delta.neg().exp().neg().add(1).log().add(delta); // the inverse of softplus
    };
  }
}
