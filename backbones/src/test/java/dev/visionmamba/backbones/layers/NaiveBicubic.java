package dev.visionmamba.backbones.layers;

/**
 * Bicubic interpolation as PyTorch's {@code interpolate(mode="bicubic", align_corners=False)}
 * defines it, each new element straight from sixteen old ones.
 */
public final class NaiveBicubic {
  private NaiveBicubic() {}

  /**
   * Resizes a grid.
   *
   * @param grid rows of columns of channels
   * @param height new rows
   * @param width new columns
   * @return the new grid
   */
  public static double[][][] resize(double[][][] grid, int height, int width) {
    int channels = grid[0][0].length;
    double[][][] resized = new double[height][width][channels];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double atY = (y + 0.5) * grid.length / height - 0.5;
        double atX = (x + 0.5) * grid[0].length / width - 0.5;
        for (int j = (int) Math.floor(atY) - 1; j <= Math.floor(atY) + 2; j++) {
          for (int i = (int) Math.floor(atX) - 1; i <= Math.floor(atX) + 2; i++) {
            double weight = weight(atY - j) * weight(atX - i);
            double[] old = grid[clamp(j, grid.length)][clamp(i, grid[0].length)];
            for (int c = 0; c < channels; c++) {
              resized[y][x][c] += weight * old[c];
            }
          }
        }
      }
    }
    return resized;
  }

  private static int clamp(int index, int length) {
    return Math.max(0, Math.min(index, length - 1));
  }

  /** Keys' kernel with a = -3/4, its two pieces written out. */
  private static double weight(double signed) {
    double t = Math.abs(signed);
    return t < 1
        ? 1.25 * t * t * t - 2.25 * t * t + 1
        : t < 2 ? -0.75 * t * t * t + 3.75 * t * t - 6 * t + 3 : 0;
  }
}
