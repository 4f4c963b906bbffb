package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Arrays of numbers that Java has computed, beside the arrays that they are used with. */
public final class Constants {
  private Constants() {}

  /**
   * An array where another is, of its type, in its manager. In libtorch's own memory: autograd may
   * save it, and Java's may be collected before.
   *
   * @param like the other array, of a floating-point type
   * @param values row by row
   * @param shape of as many elements
   * @return the array
   */
  public static NDArray like(NDArray like, double[] values, Shape shape) {
    NDManager manager = like.getManager();
    try (NDManager there = manager.newSubManager(like.getDevice());
        NDArray made = there.create(values, shape);
        NDArray typed = made.toType(like.getDataType(), false)) {
      NDArray own = typed.duplicate();
      own.attach(manager);
      return own;
    }
  }

  /**
   * The same of numbers in single precision.
   *
   * @param like as above
   * @param values row by row
   * @param shape of as many elements
   * @return the array
   */
  public static NDArray like(NDArray like, float[] values, Shape shape) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return like(like, wide, shape);
  }
}
