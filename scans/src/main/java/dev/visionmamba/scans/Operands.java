package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/**
 * What every operator asks of its operands, with errors that name them. DJL's arrays remember
 * shape, type and device after the first question, so asking costs next to nothing.
 */
final class Operands {
  private Operands() {}

  /**
   * The shape of an array that may be used.
   *
   * @throws NullPointerException if there is none
   * @throws IllegalArgumentException if it has been closed
   */
  static Shape shape(String name, NDArray array) {
    Objects.requireNonNull(array, name);
    requireOpen(name, array);
    return array.getShape();
  }

  /** Refuses an array that has been closed; null stands for an operand that is left out. */
  static void requireOpen(String name, NDArray array) {
    if (array != null && array.isReleased()) {
      throw new IllegalArgumentException(name + " must be open, but its array has been closed");
    }
  }

  /** Refuses an array of whole numbers or the like. */
  static void requireFloating(String name, NDArray array) {
    if (!array.getDataType().isFloating()) {
      throw new IllegalArgumentException(
          name + " must be of a floating-point type, but is " + array.getDataType());
    }
  }

  /** Refuses an array of another type or on another device; null stands for none. */
  static void requireLike(String name, NDArray array, String modelName, NDArray model) {
    if (array != null
        && (array.getDataType() != model.getDataType()
            || !array.getDevice().equals(model.getDevice()))) {
      throw new IllegalArgumentException(
          name
              + " must be "
              + kind(model)
              + " as "
              + modelName
              + " is, but is "
              + kind(array)
              + "; convert it with toType or toDevice");
    }
  }

  /** The same of a parameter, which may be float32 where token arrays are float16. */
  static void requireParameter(String name, NDArray array, String modelName, NDArray model) {
    boolean finer =
        array != null
            && model.getDataType() == DataType.FLOAT16
            && array.getDataType() == DataType.FLOAT32
            && array.getDevice().equals(model.getDevice());
    if (!finer) {
      requireLike(name, array, modelName, model);
    }
  }

  private static String kind(NDArray array) {
    return array.getDataType() + " on " + array.getDevice();
  }

  /** An error that says what an operand must be and what it is. */
  static IllegalArgumentException misfit(String name, Object wanted, Object got) {
    return new IllegalArgumentException(name + " must be " + wanted + ", but is " + got);
  }

  /**
   * Refuses columns of another shape than (B, L, width).
   *
   * @throws NullPointerException if there are none
   * @throws IllegalArgumentException if they do not fit or their array has been closed
   */
  static void requireColumns(String name, Columns columns, long batch, long tokens, long width) {
    Objects.requireNonNull(columns, name);
    Shape shape = shape(name, columns.array());
    if (shape.get(0) != batch || shape.get(1) != tokens || columns.width() != width) {
      throw misfit(
          name,
          new Shape(batch, tokens, width),
          new Shape(shape.get(0), shape.get(1), columns.width()));
    }
  }

  /** Refuses a vector of another length; null stands for an operand that is left out. */
  static void requireVector(String name, NDArray vector, long length) {
    if (vector != null) {
      Shape shape = shape(name, vector);
      if (shape.dimension() != 1 || shape.get(0) != length) {
        throw misfit(name, new Shape(length), shape);
      }
    }
  }
}
