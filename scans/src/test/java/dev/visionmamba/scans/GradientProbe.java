package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.Random;
import java.util.function.Supplier;

/** Some elements of a gradient, against differences of an equation in double precision. */
final class GradientProbe {
  /** Of the terms that a gradient sums: few, each rounded to 6e-8 of them as it is added. */
  private static final double TOLERANCE = 1e-5;

  /** Half the distance between the two points of a difference. */
  private static final double STEP = 1e-5;

  /** So many elements of an operand are probed. */
  private static final int PROBES = 8;

  private GradientProbe() {}

  /**
   * Probes one operand's gradient.
   *
   * @param equation computes the outputs from the operand as it is
   * @param weights the outputs' gradient
   * @param leastScale below it, terms are taken to be as great
   */
  static void check(
      Supplier<double[]> equation,
      double[] weights,
      double[] operand,
      NDArray gradient,
      Random random,
      double leastScale,
      String what) {
    float[] actual = gradient.toFloatArray();
    assertThat(actual).as(what).hasSize(operand.length);
    for (int probe = 0; probe < Math.min(PROBES, operand.length); probe++) {
      int element = operand.length <= PROBES ? probe : random.nextInt(operand.length);
      double value = operand[element];
      operand[element] = value + STEP;
      double[] above = equation.get();
      operand[element] = value - STEP;
      double[] below = equation.get();
      operand[element] = value;
      double expected = 0;
      double magnitudes = 0;
      for (int i = 0; i < above.length; i++) {
        double term = weights[i] * (above[i] - below[i]) / (2 * STEP);
        expected += term;
        magnitudes += Math.abs(term);
      }
      double scale = Math.max(leastScale, magnitudes);
      if (!(Math.abs(actual[element] - expected) <= TOLERANCE * scale)) { // refuses NaN too
        throw new AssertionError(
            "%s, gradient at %d is %s instead of %s, a sum of terms of %s"
                .formatted(what, element, actual[element], expected, scale));
      }
    }
  }
}
