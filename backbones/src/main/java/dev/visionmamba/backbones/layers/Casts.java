package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** From float16, which products give in half precision, to what follows them, and back. */
public final class Casts {
  /** The largest number of float16. */
  private static final float FLOAT16_MAX = 65_504f;

  private Casts() {}

  /**
   * An array in single precision at least: what sums over many numbers, or lasts over many layers.
   *
   * @param x of a floating-point type
   * @return x itself unless it is float16, else a copy in float32, in the manager of x
   */
  public static NDArray single(NDArray x) {
    return x.getDataType() == DataType.FLOAT16 ? x.toType(DataType.FLOAT32, false) : x;
  }

  /**
   * The same, where an array that is converted ends.
   *
   * @param x of a floating-point type; closed if it is not the result
   * @return as above
   */
  public static NDArray toSingle(NDArray x) {
    NDArray single = single(x);
    if (single != x) {
      x.close();
    }
    return single;
  }

  /**
   * An array in the type of another.
   *
   * @param x of a floating-point type
   * @param model of the type that is wanted
   * @return x itself if it is of the type, else a copy in the manager of x
   */
  public static NDArray like(NDArray x, NDArray model) {
    return to(x, model.getDataType());
  }

  /**
   * An array in a type; on the way to float16 what that cannot hold becomes its largest number.
   *
   * @param x of a floating-point type
   * @param type which
   * @return x itself if it is of the type, else a copy in the manager of x
   */
  public static NDArray to(NDArray x, DataType type) {
    if (x.getDataType() == type) {
      return x;
    }
    if (type != DataType.FLOAT16) {
      return x.toType(type, false);
    }
    try (NDArray within = x.clip(-FLOAT16_MAX, FLOAT16_MAX)) {
      return within.toType(type, false);
    }
  }

  /** An array in some type for as long as this is open; null stands for none. */
  record Operand(NDArray array, boolean isCopy) implements AutoCloseable {
    static Operand of(NDArray array, DataType type) {
      NDArray typed = array == null ? null : to(array, type);
      return new Operand(typed, typed != array);
    }

    /** In single precision at least. */
    static Operand single(NDArray array) {
      NDArray typed = Casts.single(array);
      return new Operand(typed, typed != array);
    }

    @Override
    public void close() {
      if (isCopy) {
        array.close();
      }
    }
  }
}
