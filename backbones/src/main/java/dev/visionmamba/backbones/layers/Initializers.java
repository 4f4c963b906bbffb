package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.types.DataType;
import ai.djl.training.initializer.Initializer;

/** The initialisations that the published networks start from, by PyTorch's names. */
public final class Initializers {
  private Initializers() {}

  /**
   * Every element the same.
   *
   * @param value the value
   * @return the initializer
   */
  public static Initializer constant(float value) {
    return (manager, shape, type) -> manager.full(shape, value, type);
  }

  /**
   * Uniform in -bound..bound.
   *
   * @param bound the bound
   * @return the initializer
   */
  public static Initializer uniform(double bound) {
    return (manager, shape, type) ->
        manager.randomUniform((float) -bound, (float) bound, shape, type);
  }

  /**
   * PyTorch's default for linear and convolution layers, uniform within 1 / sqrt(fanIn).
   *
   * @param fanIn how many inputs an output sees
   * @return the initializer
   */
  public static Initializer defaultUniform(long fanIn) {
    return uniform(1 / Math.sqrt(fanIn));
  }

  /**
   * Normal with mean 0, cut at two standard deviations.
   *
   * @param deviation the standard deviation before the cut
   * @return the initializer
   */
  public static Initializer truncatedNormal(float deviation) {
    return (manager, shape, type) ->
        manager.truncatedNormal(0f, deviation, shape, DataType.FLOAT32).toType(type, false);
  }
}
