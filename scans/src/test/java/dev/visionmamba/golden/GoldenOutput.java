package dev.visionmamba.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * What a reference computed, in whole or in samples.
 *
 * @param name which output
 * @param shape its shape
 * @param absmax its largest magnitude
 * @param l2 its Euclidean norm
 * @param indices the flat indices of the stored values
 * @param values the stored values
 */
public record GoldenOutput(
    String name, long[] shape, double absmax, double l2, int[] indices, double[] values) {

  /**
   * Checks that a result agrees: every stored value within a tolerance relative to absmax, and the
   * norm within 1e-4. Where the reference is zero everywhere, the result must be within 1e-6.
   */
  public void check(float[] got, double tolerance) {
    long size = 1;
    for (long length : shape) {
      size *= length;
    }
    assertThat((long) got.length).as("size of %s", name).isEqualTo(size);
    double allowed = absmax == 0 ? 1e-6 : tolerance * absmax;
    double worst = 0;
    int worstAt = 0;
    for (int i = 0; i < indices.length; i++) {
      double difference = Math.abs(got[indices[i]] - values[i]);
      if (!(difference <= worst)) { // NaN is the worst
        worst = difference;
        worstAt = i;
      }
    }
    assertThat(worst)
        .as(
            "%s: worst difference, at element %d, want %s, got %s, absmax %s",
            name, indices[worstAt], values[worstAt], got[indices[worstAt]], absmax)
        .isLessThanOrEqualTo(allowed);
    double sum = 0;
    for (float value : got) {
      sum += (double) value * value;
    }
    assertThat(Math.sqrt(sum))
        .as("norm of %s", name)
        .isCloseTo(l2, within(absmax == 0 ? 1e-6 : 1e-4 * l2));
  }
}
