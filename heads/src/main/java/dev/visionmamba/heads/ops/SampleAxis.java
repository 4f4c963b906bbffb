package dev.visionmamba.heads.ops;

import java.util.Arrays;

/**
 * One axis of a region's bins. A bilinear sample is a product of a weight along y and one along x,
 * and so is the mean over a bin's grid of samples: along each axis, a bin is a weighted sum of
 * neighbouring pixels.
 */
final class SampleAxis {
  /** For each bin its first pixel and how many. */
  final int[] first;

  final int[] count;

  /** For each bin, {@link #most} weights. */
  final float[] weights;

  final int most;

  /** The pixels of all bins. */
  private int from;

  private int to;

  private SampleAxis(int bins, int most) {
    this.first = new int[bins];
    this.count = new int[bins];
    this.most = most;
    this.weights = new float[bins * most];
  }

  /**
   * Weights along an axis.
   *
   * @param start where the region starts, in pixels of the map, 0 being the first pixel's centre
   * @param size of the region in pixels of the map
   * @param bins how many
   * @param samplingRatio samples a bin; 0 for adaptive
   * @param length of the map
   */
  static SampleAxis of(double start, double size, int bins, int samplingRatio, int length) {
    double bin = size / bins;
    double samples = samplingRatio > 0 ? samplingRatio : Math.ceil(bin);
    int most = (int) Math.min(length, Math.ceil(Math.abs(bin)) + 3);
    SampleAxis axis = new SampleAxis(bins, most);
    axis.from = length;
    for (int p = 0; p < bins && samples > 0; p++) {
      axis.fill(p, start + p * bin, bin / samples, samples, length);
    }
    return axis;
  }

  private void fill(int bin, double start, double step, double samples, int length) {
    double begin = 0;
    double end = samples;
    if (step > 0) { // of a region far larger than the map, only the samples on it
      begin = Math.max(0, Math.floor((-1 - start) / step - 0.5));
      end = Math.min(samples, Math.ceil((length - start) / step - 0.5) + 1);
    }
    double seen = end - begin; // counted from 0: a far larger number stays itself when 1 is added
    int low = length;
    int high = -1;
    for (double i = 0; i < seen; i++) {
      double at = start + (begin + i + 0.5) * step;
      if (at >= -1 && at <= length) {
        int pixel = Math.min((int) Math.max(at, 0), length - 1);
        low = Math.min(low, pixel);
        high = Math.max(high, Math.min(pixel + 1, length - 1));
      }
    }
    if (high < 0) {
      return; // no sample is on the map
    }
    first[bin] = low;
    count[bin] = high - low + 1;
    from = Math.min(from, low);
    to = Math.max(to, high + 1);
    double[] sums = new double[count[bin]];
    for (double i = 0; i < seen; i++) {
      double at = start + (begin + i + 0.5) * step;
      if (at >= -1 && at <= length) {
        double inside = Math.max(at, 0);
        int pixel = Math.min((int) inside, length - 1);
        double part = pixel == length - 1 ? 0 : inside - pixel;
        sums[pixel - low] += (1 - part) / samples;
        if (part > 0) {
          sums[pixel + 1 - low] += part / samples;
        }
      }
    }
    for (int k = 0; k < sums.length; k++) {
      weights[bin * most + k] = (float) sums[k];
    }
  }

  /** The first pixel that any bin reads. */
  int from() {
    return from;
  }

  /** The pixel after the last; not above {@link #from} if none is read. */
  int to() {
    return to;
  }

  boolean isEmpty() {
    return to <= from;
  }

  /** The weights as a matrix, (bins, to - from). */
  float[] matrix() {
    int columns = to - from;
    float[] matrix = new float[first.length * columns];
    for (int p = 0; p < first.length; p++) {
      for (int k = 0; k < count[p]; k++) {
        matrix[p * columns + first[p] - from + k] = weights[p * most + k];
      }
    }
    return matrix;
  }

  @Override
  public String toString() {
    return "pixels " + from + " to " + to + ", weights " + Arrays.toString(weights);
  }
}
