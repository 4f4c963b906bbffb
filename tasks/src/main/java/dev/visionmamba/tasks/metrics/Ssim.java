package dev.visionmamba.tasks.metrics;

import dev.visionmamba.tasks.image.DeepImage;

/**
 * Structural similarity (Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error
 * Visibility to Structural Similarity", 2004), as the super-resolution field computes it (the
 * authors' MATLAB code, BasicSR's {@code calculate_ssim}):
 *
 * <p>SSIM = (2 mu1 mu2 + C1)(2 sigma12 + C2) / ((mu1^2 + mu2^2 + C1)(sigma1^2 + sigma2^2 + C2))
 *
 * <p>with means, variances and the covariance weighted by an 11x11 Gaussian window of standard
 * deviation 1.5 that sums to 1, C1 = (0.01 * 255)^2, C2 = (0.03 * 255)^2. Only windows that lie
 * wholly inside the picture count; their values are averaged, then those of the channels. The
 * window is separable, and eleven filtered rows at a time are held. All is computed in double
 * precision.
 */
public final class Ssim {
  /** Pixels along a side of the window. */
  public static final int WINDOW = 11;

  private static final double DEVIATION = 1.5;
  private static final double C1 = 0.01 * 255 * (0.01 * 255);
  private static final double C2 = 0.03 * 255 * (0.03 * 255);

  /** What is filtered: both pictures, their squares and their product. */
  private static final int MOMENTS = 5;

  private Ssim() {}

  /**
   * Compares a restored picture with the original.
   *
   * @param restored what a network made; alpha is ignored
   * @param original what it should be, of the same size and colours; 8 and 16 bits may meet
   * @param channels which channels
   * @param border pixels that are cut off at each side first: the scale for super-resolution, else
   *     0
   * @return -1 to 1; 1 for pictures that are the same
   * @throws IllegalArgumentException if the sizes or colours differ, the border is below 0 or
   *     leaves less than 11x11 pixels
   */
  public static double of(
      DeepImage restored, DeepImage original, ComparedChannels channels, int border) {
    ComparedChannels.requireComparable(restored, original, border, WINDOW);
    int count = channels.count(original);
    double sum = 0;
    for (int c = 0; c < count; c++) {
      sum += channel(restored, original, channels, c, border);
    }
    return sum / count;
  }

  private static double channel(
      DeepImage restored, DeepImage original, ComparedChannels channels, int c, int border) {
    int width = original.width() - 2 * border;
    int height = original.height() - 2 * border;
    int places = width - WINDOW + 1;
    double[] window = window();
    double[] a = new double[width];
    double[] b = new double[width];
    double[][][] filtered = new double[WINDOW][MOMENTS][places];
    double[][] moments = new double[MOMENTS][places];
    double sum = 0;
    for (int y = 0; y < height; y++) {
      channels.row(restored, c, border, border + y, a);
      channels.row(original, c, border, border + y, b);
      filterRow(a, b, window, filtered[y % WINDOW]);
      if (y >= WINDOW - 1) {
        filterColumns(filtered, y - WINDOW + 1, window, moments);
        sum += similarities(moments);
      }
    }
    return sum / ((double) places * (height - WINDOW + 1));
  }

  private static double[] window() {
    double[] window = new double[WINDOW];
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
      double distance = i - WINDOW / 2;
      window[i] = Math.exp(-distance * distance / (2 * DEVIATION * DEVIATION));
      sum += window[i];
    }
    for (int i = 0; i < WINDOW; i++) {
      window[i] /= sum;
    }
    return window;
  }

  private static void filterRow(double[] a, double[] b, double[] window, double[][] out) {
    for (int x = 0; x < out[0].length; x++) {
      double meanA = 0;
      double meanB = 0;
      double squareA = 0;
      double squareB = 0;
      double product = 0;
      for (int k = 0; k < WINDOW; k++) {
        double weightedA = window[k] * a[x + k];
        double weightedB = window[k] * b[x + k];
        meanA += weightedA;
        meanB += weightedB;
        squareA += weightedA * a[x + k];
        squareB += weightedB * b[x + k];
        product += weightedA * b[x + k];
      }
      out[0][x] = meanA;
      out[1][x] = meanB;
      out[2][x] = squareA;
      out[3][x] = squareB;
      out[4][x] = product;
    }
  }

  /** Filters the rows from {@code top} on, which are kept in turn. */
  private static void filterColumns(
      double[][][] rows, int top, double[] window, double[][] moments) {
    for (int m = 0; m < MOMENTS; m++) {
      for (int x = 0; x < moments[m].length; x++) {
        double sum = 0;
        for (int k = 0; k < WINDOW; k++) {
          sum += window[k] * rows[(top + k) % WINDOW][m][x];
        }
        moments[m][x] = sum;
      }
    }
  }

  private static double similarities(double[][] moments) {
    double sum = 0;
    for (int x = 0; x < moments[0].length; x++) {
      double mean1 = moments[0][x];
      double mean2 = moments[1][x];
      double means = mean1 * mean2;
      double squares = mean1 * mean1 + mean2 * mean2;
      double variances = moments[2][x] + moments[3][x] - squares;
      double covariance = moments[4][x] - means;
      sum += (2 * means + C1) * (2 * covariance + C2) / ((squares + C1) * (variances + C2));
    }
    return sum;
  }
}
