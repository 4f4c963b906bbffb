package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Random;

/** Float64 arrays drawn at random, for tests that compute the expected values themselves. */
public final class Doubles {
  private final NDManager manager;
  private final Random random;

  public Doubles(NDManager manager, int seed) {
    this.manager = manager;
    this.random = new Random(seed);
  }

  /** Uniform numbers. */
  public NDArray array(double low, double high, long... shape) {
    double[] values = new double[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = low + (high - low) * random.nextDouble();
    }
    return manager.create(values, new Shape(shape));
  }

  /** The elements of an array of any floating-point type. */
  public static double[] elements(NDArray array) {
    return array.toType(DataType.FLOAT64, true).toDoubleArray();
  }

  /** No element may differ by more than the tolerance. */
  public static void check(NDArray actual, double[] expected, double tolerance) {
    double[] elements = elements(actual);
    assertThat(elements).hasSameSizeAs(expected);
    int worst = 0;
    for (int i = 0; i < elements.length; i++) {
      if (!(Math.abs(elements[i] - expected[i]) <= Math.abs(elements[worst] - expected[worst]))) {
        worst = i; // not a number is the worst
      }
    }
    assertThat(Math.abs(elements[worst] - expected[worst]))
        .as("element %d: %s instead of %s", worst, elements[worst], expected[worst])
        .isLessThanOrEqualTo(tolerance);
  }
}
