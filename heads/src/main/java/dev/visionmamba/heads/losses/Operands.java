package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.Objects;

/** What the losses ask of their operands, and the numbers they multiply with. */
final class Operands {
  private Operands() {}

  /** Refuses a prediction that is no array of floating-point numbers. */
  static Shape requirePrediction(String name, NDArray array) {
    Objects.requireNonNull(array, name);
    if (!array.getDataType().isFloating()) {
      throw misfit(name, "of a floating-point type", array.getDataType());
    }
    return array.getShape();
  }

  /** Refuses a target of another shape, type or device than the prediction it is held against. */
  static void requireLike(String name, NDArray array, String modelName, NDArray model) {
    requireShape(name, array, model.getShape());
    if (array.getDataType() != model.getDataType()
        || !array.getDevice().equals(model.getDevice())) {
      throw misfit(
          name,
          model.getDataType() + " on " + model.getDevice() + " as " + modelName + " is",
          array.getDataType() + " on " + array.getDevice());
    }
  }

  /** Refuses what is not two arrays (N, 4), of predicted boxes and their targets. */
  static void requireBoxes(NDArray predicted, NDArray target) {
    Shape shape = requirePrediction("predicted", predicted);
    if (shape.dimension() != 2 || shape.get(1) != 4) {
      throw misfit("predicted", "of shape (boxes, 4)", shape);
    }
    requireLike("target", target, "predicted", predicted);
  }

  /** |predicted - target| of two arrays (N, D). */
  static NDArray distance(NDArray predicted, NDArray target) {
    Shape shape = requirePrediction("predicted", predicted);
    if (shape.dimension() != 2) {
      throw misfit("predicted", "of shape (rows, numbers)", shape);
    }
    requireLike("target", target, "predicted", predicted);
    return predicted.sub(target).abs();
  }

  /** Refuses an array of another shape. */
  static void requireShape(String name, NDArray array, Shape wanted) {
    Objects.requireNonNull(array, name);
    if (!array.getShape().equals(wanted)) {
      throw misfit(name, "of shape " + wanted, array.getShape());
    }
  }

  /**
   * Labels as int64.
   *
   * @throws IllegalArgumentException if they are of another shape, or no whole numbers
   */
  static NDArray labels(String name, NDArray labels, Shape wanted) {
    requireShape(name, labels, wanted);
    if (!labels.getDataType().isInteger()) {
      throw misfit(name, "of an integer type", labels.getDataType());
    }
    return labels.toType(DataType.INT64, false);
  }

  /**
   * Refuses numbers outside of [least, greatest], NaN among them. An index that lies outside would
   * end the whole process on a GPU.
   */
  static void requireBetween(String name, NDArray array, double least, double greatest) {
    if (array.isEmpty()) {
      return;
    }
    try (GradientMode off = GradientMode.off();
        NDArray min = array.min();
        NDArray max = array.max()) {
      double low = number(min);
      double high = number(max);
      if (!(low >= least && high <= greatest)) {
        throw misfit(
            name,
            "within [" + text(least) + ", " + text(greatest) + "]",
            low >= least ? text(high) : text(low));
      }
    }
  }

  /**
   * Refuses a loss that is no number, with the operand that is to blame. A NaN in any operand of a
   * loss reaches it, so that looking at the one number is enough as long as all goes well.
   */
  static void requireFinite(NDArray loss, String name, NDArray prediction) {
    try (GradientMode off = GradientMode.off()) {
      double value = number(loss);
      if (!Double.isFinite(value)) {
        // Only of NaN and infinity is the difference to itself not 0.
        try (NDArray differences = prediction.sub(prediction);
            NDArray sum = differences.sum()) {
          boolean finite = number(sum) == 0;
          throw misfit(
              finite ? "the loss" : name,
              "finite",
              finite
                  ? value + ": its operands hold NaN, infinity or too large numbers"
                  : "an array of " + prediction.getShape() + " with NaN or infinity in it");
        }
      }
    }
  }

  private static double number(NDArray scalar) {
    try (NDArray wide = scalar.toType(DataType.FLOAT64, true)) {
      return wide.toDoubleArray()[0];
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /**
   * A factor for an array. {@code mul(number)} would not do: autograd saves the factor, which then
   * must not be Java's to take away.
   */
  static NDArray factor(NDArray array, double value) {
    NDArray high = full(array, (float) value);
    if (array.getDataType() != DataType.FLOAT64) {
      return high;
    }
    // DJL fills with float32: the rest of a double follows in two more.
    double rest = value - (float) value;
    return high.addi(full(array, (float) rest)).addi(full(array, (float) (rest - (float) rest)));
  }

  private static NDArray full(NDArray array, float value) {
    return array
        .getManager()
        .full(new Shape(), value, array.getDataType())
        .toDevice(array.getDevice(), false);
  }

  /**
   * What a sum is divided by: an average factor, and at least 1, so that a batch without positives
   * gives 0.
   *
   * @throws IllegalArgumentException if it is negative or not finite
   */
  static NDArray divisor(NDArray sum, double averageFactor) {
    if (!(averageFactor >= 0) || Double.isInfinite(averageFactor)) {
      throw misfit("averageFactor", "finite and at least 0", averageFactor);
    }
    return factor(sum, Math.max(1, averageFactor));
  }

  /** Refuses an option. */
  static void requireOption(boolean holds, String name, String wanted, double got) {
    if (!holds) {
      throw misfit(name, wanted, got);
    }
  }

  /** An error that says what an operand must be and what it is. */
  static IllegalArgumentException misfit(String name, String wanted, Object got) {
    return new IllegalArgumentException(name + " must be " + wanted + ", but is " + got);
  }
}
