package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;

/** Whether two arrays are the same but for rounding. */
final class Agreement {
  private static final double TOLERANCE = 2e-5;

  /** Terms are of the order of one, so a sum that cancels is not taken for a small scale. */
  private static final double LEAST_SCALE = 0.1;

  private Agreement() {}

  /** The greatest difference may be 2e-5 of the greatest element. */
  static void check(NDArray actual, NDArray expected, String what, Object... arguments) {
    String name = String.format(what, arguments);
    assertThat(actual.getShape()).as(name).isEqualTo(expected.getShape());
    check(actual.toFloatArray(), expected.toFloatArray(), name);
  }

  static void check(float[] actual, float[] expected, String name) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    double scale = LEAST_SCALE;
    double difference = 0;
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("%s at %d", name, i).isFinite();
      scale = Math.max(scale, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) actual[i] - expected[i]));
    }
    assertThat(difference).as(name).isLessThanOrEqualTo(TOLERANCE * scale);
  }
}
