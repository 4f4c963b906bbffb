package dev.visionmamba.tasks.metrics;

import dev.visionmamba.tasks.image.DeepImage;

/**
 * Peak signal-to-noise ratio, in decibels: PSNR = 10 log10(255^2 / MSE), MSE the mean of the
 * squared differences over all pixels and compared channels together. As the super-resolution field
 * computes it (BasicSR's {@code calculate_psnr}, MATLAB's {@code psnr}): a border of as many pixels
 * as the scale is cut off first, because the originals' borders have no full context. All is
 * computed in double precision.
 */
public final class Psnr {
  private Psnr() {}

  /**
   * Compares a restored picture with the original.
   *
   * @param restored what a network made; alpha is ignored
   * @param original what it should be, of the same size and colours; 8 and 16 bits may meet
   * @param channels which channels; {@link ComparedChannels#LUMA} for published super-resolution
   *     figures, {@link ComparedChannels#COLOURS} for denoising and for grey pictures
   * @param border pixels that are cut off at each side: the scale for super-resolution, else 0
   * @return decibels, positive infinity for pictures that are the same
   * @throws IllegalArgumentException if the sizes or colours differ, the border is below 0 or
   *     leaves nothing
   */
  public static double of(
      DeepImage restored, DeepImage original, ComparedChannels channels, int border) {
    ComparedChannels.requireComparable(restored, original, border, 1);
    double[] a = new double[original.width() - 2 * border];
    double[] b = new double[a.length];
    int height = original.height() - 2 * border;
    int count = channels.count(original);
    double sum = 0;
    for (int c = 0; c < count; c++) {
      for (int y = 0; y < height; y++) {
        channels.row(restored, c, border, border + y, a);
        channels.row(original, c, border, border + y, b);
        double rowSum = 0;
        for (int x = 0; x < a.length; x++) {
          double difference = a[x] - b[x];
          rowSum += difference * difference;
        }
        sum += rowSum;
      }
    }
    double meanSquare = sum / ((double) count * height * a.length);
    return meanSquare == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(255.0 * 255.0 / meanSquare);
  }
}
