package dev.visionmamba.tasks.image;

/**
 * What each output pixel of one axis takes from the input: PIL's {@code precompute_coeffs} and
 * {@code normalize_coeffs_8bpc} (Resample.c).
 *
 * @param first the first input pixel of each output pixel
 * @param offsets where in the weights each output pixel's begin; one more at the end
 * @param weights in units of 2^-22, output pixel after output pixel
 */
record ResamplingWeights(int[] first, int[] offsets, int[] weights) {
  /** Fractional bits: 32 less 8 of a level and 2 of headroom for the kernel's overshoot. */
  static final int PRECISION = 32 - 8 - 2;

  /**
   * Weights of a window of the output.
   *
   * @param inSize input pixels
   * @param outSize output pixels; not bounded, since only the window costs memory
   * @param from the window's first output pixel
   * @param count the window's pixels, at least 1
   * @param interpolation the kernel
   */
  static ResamplingWeights of(
      int inSize, long outSize, long from, int count, Interpolation interpolation) {
    // PIL keeps the input's bounds in single precision.
    double scale = (double) (float) inSize / outSize;
    double filterScale = Math.max(scale, 1);
    double support = interpolation.support() * filterScale;
    double inverse = 1 / filterScale;
    int[] first = new int[count];
    int[] offsets = new int[count + 1];
    for (int i = 0; i < count; i++) {
      double center = (from + i + 0.5) * scale;
      first[i] = Math.max((int) (center - support + 0.5), 0);
      int end = Math.min((int) (center + support + 0.5), inSize);
      offsets[i + 1] = Math.addExact(offsets[i], end - first[i]);
    }
    int[] weights = new int[offsets[count]];
    double[] exact = new double[0];
    for (int i = 0; i < count; i++) {
      int taps = offsets[i + 1] - offsets[i];
      if (exact.length < taps) {
        exact = new double[taps];
      }
      double center = (from + i + 0.5) * scale;
      double sum = 0;
      for (int j = 0; j < taps; j++) {
        exact[j] = interpolation.weight((j + first[i] - center + 0.5) * inverse);
        sum += exact[j];
      }
      for (int j = 0; j < taps; j++) {
        double share = sum == 0 ? exact[j] : exact[j] / sum;
        // The cast cuts towards zero, so this rounds half away from it.
        weights[offsets[i] + j] = (int) (share * (1 << PRECISION) + (share < 0 ? -0.5 : 0.5));
      }
    }
    return new ResamplingWeights(first, offsets, weights);
  }

  /** Output pixels of the window. */
  int count() {
    return first.length;
  }

  /** The first input pixel that the window needs. */
  int inputStart() {
    return first[0];
  }

  /** The input pixel after the last that the window needs. */
  int inputEnd() {
    int last = count() - 1;
    return first[last] + offsets[last + 1] - offsets[last];
  }
}
