package dev.visionmamba.tasks.image;

import java.util.Arrays;

/** {@link Resampler}'s way of resizing, with the same weights, for 16-bit levels. */
final class WideResampler {
  private static final long HALF = 1L << ResamplingWeights.PRECISION - 1;

  private WideResampler() {}

  /** Rows first, rounded to 16 bits, then columns. */
  static short[] resize(DeepImage image, int newWidth, int newHeight, Interpolation kernel) {
    int channels = image.channels();
    if (newWidth < 1 || newHeight < 1) {
      throw new IllegalArgumentException(
          "Can not resize %s to %dx%d: all must be at least 1"
              .formatted(image, newWidth, newHeight));
    }
    if (Math.max((long) newWidth * newHeight, (long) newWidth * image.height()) * channels
        > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "The resized image of %dx%d is too large".formatted(newHeight, newWidth));
    }
    short[] levels = image.levels().shorts();
    if (newWidth != image.width()) {
      ResamplingWeights axis = ResamplingWeights.of(image.width(), newWidth, 0, newWidth, kernel);
      // A row is resized along its pixels; the channels are what lies beside each other.
      levels = along(levels, image.height(), image.width(), channels, axis);
    }
    if (newHeight != image.height()) {
      ResamplingWeights axis =
          ResamplingWeights.of(image.height(), newHeight, 0, newHeight, kernel);
      levels = along(levels, 1, image.height(), newWidth * channels, axis);
    }
    return levels;
  }

  /** Resizes the middle axis of outer x size x inner levels. */
  private static short[] along(
      short[] levels, int outer, int size, int inner, ResamplingWeights axis) {
    int newSize = axis.count();
    short[] out = new short[outer * newSize * inner];
    long[] sums = new long[inner];
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < newSize; i++) {
        Arrays.fill(sums, HALF);
        int from = (o * size + axis.first()[i]) * inner;
        for (int k = axis.offsets()[i]; k < axis.offsets()[i + 1]; k++, from += inner) {
          long weight = axis.weights()[k];
          for (int n = 0; n < inner; n++) {
            sums[n] += (levels[from + n] & 0xffff) * weight;
          }
        }
        int to = (o * newSize + i) * inner;
        for (int n = 0; n < inner; n++) {
          long level = sums[n] >> ResamplingWeights.PRECISION;
          out[to + n] = (short) Math.max(0, Math.min(0xffff, level));
        }
      }
    }
    return out;
  }
}
