package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;

/** The initialisations that the published networks start from, by PyTorch's names. */
public final class Initializers {
  /** How much of a normal distribution is within two deviations. */
  private static final float WITHIN_TWO = 0.95449974f;

  /** So that weights started at random leave no holes of their size in the memory. */
  private static final long DRAWN_AT_ONCE = 1 << 16;

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
   * Normal with mean 0.
   *
   * @param deviation the standard deviation
   * @return the initializer
   */
  public static Initializer normal(double deviation) {
    return (manager, shape, type) -> manager.randomNormal(0f, (float) deviation, shape, type);
  }

  /**
   * Normal so that gradients keep their variance through ReLU (He et al. 2015, arXiv:1502.01852).
   *
   * @param fanOut how many outputs an input reaches
   * @return the initializer
   */
  public static Initializer heNormal(long fanOut) {
    return normal(Math.sqrt(2.0 / fanOut));
  }

  /**
   * Uniform by the rule of Glorot and Bengio (2010).
   *
   * @param fanIn how many inputs an output sees
   * @param fanOut how many outputs an input reaches
   * @return the initializer
   */
  public static Initializer xavierUniform(long fanIn, long fanOut) {
    return uniform(Math.sqrt(6.0 / (fanIn + fanOut)));
  }

  /**
   * Normal with mean 0, cut at two standard deviations.
   *
   * @param deviation the standard deviation before the cut
   * @return the initializer
   */
  public static Initializer truncatedNormal(float deviation) {
    // By the inverse of the distribution function, as PyTorch does: DJL's own draws in Java.
    return (manager, shape, type) -> {
      NDArray normal = manager.zeros(shape, type);
      try (NDArray flat = normal.reshape(-1)) {
        for (long from = 0; from < shape.size(); from += DRAWN_AT_ONCE) {
          long to = Math.min(shape.size(), from + DRAWN_AT_ONCE);
          try (NDArray uniform =
                  manager.randomUniform(-WITHIN_TWO, WITHIN_TWO, new Shape(to - from));
              NDArray drawn = uniform.erfinv().muli(Math.sqrt(2) * deviation);
              NDArray part = flat.get(new NDIndex(from + ":" + to))) {
            part.addi(drawn);
          }
        }
      }
      return normal;
    };
  }
}
