package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;

/** A loss as a function of one array, its value and its gradient. */
final class Derivative {
  private static final double STEP = 1e-5;

  private Derivative() {}

  /** The value in a type. */
  static double value(UnaryOperator<NDArray> loss, double[] at, Shape shape, DataType type) {
    try (NDManager manager = NDManager.newBaseManager()) {
      return number(loss.apply(array(manager, at, shape, type)));
    }
  }

  /** The gradient by autograd, in a type. */
  static double[] gradient(UnaryOperator<NDArray> loss, double[] at, Shape shape, DataType type) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray x = array(manager, at, shape, type);
      x.setRequiresGradient(true);
      collector.backward(loss.apply(x));
      return x.getGradient().toType(DataType.FLOAT64, true).toDoubleArray();
    }
  }

  /** Holds the gradient, in both types, against differences of values in double precision. */
  static void check(UnaryOperator<NDArray> loss, double[] at, Shape shape) {
    double[] exact = gradient(loss, at, shape, DataType.FLOAT64);
    double[] single = gradient(loss, at, shape, DataType.FLOAT32);
    double scale = 1e-3;
    for (double element : exact) {
      scale = Math.max(scale, Math.abs(element));
    }
    assertThat(exact).hasSameSizeAs(at);
    for (int i = 0; i < at.length; i++) {
      double[] above = at.clone();
      double[] below = at.clone();
      above[i] += STEP;
      below[i] -= STEP;
      double difference =
          (value(loss, above, shape, DataType.FLOAT64)
                  - value(loss, below, shape, DataType.FLOAT64))
              / (2 * STEP);
      assertThat(exact[i]).as("element %d", i).isCloseTo(difference, Offset.offset(1e-7 * scale));
      assertThat(single[i]).as("element %d", i).isCloseTo(exact[i], Offset.offset(1e-5 * scale));
    }
  }

  /** Holds the value in both types against an independent one. */
  static void checkValue(UnaryOperator<NDArray> loss, double[] at, Shape shape, double expected) {
    double scale = Math.max(1e-3, Math.abs(expected));
    assertThat(value(loss, at, shape, DataType.FLOAT64))
        .isCloseTo(expected, Offset.offset(1e-10 * scale));
    assertThat(value(loss, at, shape, DataType.FLOAT32))
        .isCloseTo(expected, Offset.offset(2e-6 * scale));
  }

  static double number(NDArray scalar) {
    assertThat(scalar.getShape()).isEqualTo(new Shape());
    return scalar.toType(DataType.FLOAT64, true).toDoubleArray()[0];
  }

  static NDArray array(NDManager manager, double[] numbers, Shape shape, DataType type) {
    NDArray array = manager.create(shape, DataType.FLOAT64);
    if (numbers.length > 0) {
      array.set(numbers);
    }
    return array.toType(type, true);
  }
}
