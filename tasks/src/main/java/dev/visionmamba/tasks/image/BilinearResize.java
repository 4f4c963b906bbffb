package dev.visionmamba.tasks.image;

/**
 * OpenCV's {@code resize} with {@code INTER_LINEAR} for 8-bit levels, bit for bit: pixels' centres
 * at halves, two neighbours in each direction however much smaller the result is, weights of 11
 * bits. Detectors and segmenters of OpenMMLab were trained and measured on pixels made so; for
 * classifiers see {@link Resampler}.
 */
public final class BilinearResize {
  private static final int BITS = 11;
  private static final int ONE = 1 << BITS;

  private BilinearResize() {}

  /**
   * Where the results of one direction come from.
   *
   * @param first the neighbour before
   * @param second the neighbour after, in the picture
   * @param firstWeight in 1/2048
   * @param secondWeight in 1/2048
   */
  private record Axis(int[] first, int[] second, int[] firstWeight, int[] secondWeight) {

    static Axis of(int size, int newSize, boolean columns) {
      Axis axis = new Axis(new int[newSize], new int[newSize], new int[newSize], new int[newSize]);
      double scale = (double) size / newSize;
      for (int i = 0; i < newSize; i++) {
        float place = (float) ((i + 0.5) * scale - 0.5);
        int before = (int) Math.floor(place);
        float fraction = place - before;
        if (columns && (before < 0 || before >= size - 1)) {
          fraction = 0; // rows beyond the edges are weighted, columns are not
        }
        axis.first[i] = Math.min(Math.max(before, 0), size - 1);
        axis.second[i] = Math.min(Math.max(before + 1, 0), size - 1);
        axis.firstWeight[i] = (int) Math.rint((1f - fraction) * ONE);
        axis.secondWeight[i] = (int) Math.rint(fraction * ONE);
      }
      return axis;
    }
  }

  /**
   * Resizes an image.
   *
   * @param image any image
   * @param newWidth columns of the result, at least 1
   * @param newHeight rows of the result, at least 1
   * @return the resized image; the given one if the size is the same
   * @throws IllegalArgumentException if a side is below 1 or the result is over 2 GiB
   */
  public static PixelImage resize(PixelImage image, int newWidth, int newHeight) {
    if (newWidth < 1 || newHeight < 1 || 3L * newWidth * newHeight > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "an image of %dx%d pixels can not be resized to %dx%d"
              .formatted(image.width(), image.height(), newWidth, newHeight));
    }
    if (newWidth == image.width() && newHeight == image.height()) {
      return image;
    }
    if (image.width() == 2L * newWidth && image.height() == 2L * newHeight) {
      return half(image, newWidth, newHeight);
    }
    Axis columns = Axis.of(image.width(), newWidth, true);
    Axis rows = Axis.of(image.height(), newHeight, false);
    byte[] resized = new byte[3 * newWidth * newHeight];
    // The two rows of the picture that the current row comes from, resized in their direction.
    int[][] lines = new int[2][3 * newWidth];
    int[] inLine = {-1, -1};
    for (int y = 0; y < newHeight; y++) {
      int[] first = line(image, rows.first[y], columns, lines, inLine);
      int[] second = line(image, rows.second[y], columns, lines, inLine);
      int b0 = rows.firstWeight[y];
      int b1 = rows.secondWeight[y];
      int row = 3 * newWidth * y;
      for (int i = 0; i < first.length; i++) {
        int level = (b0 * (first[i] >> 4) >> 16) + (b1 * (second[i] >> 4) >> 16) + 2 >> 2;
        resized[row + i] = (byte) level;
      }
    }
    return new PixelImage(newWidth, newHeight, resized);
  }

  /** A row of the picture, resized; rows of even and odd numbers take turns in two buffers. */
  private static int[] line(PixelImage image, int row, Axis columns, int[][] lines, int[] inLine) {
    int buffer = row & 1;
    int[] line = lines[buffer];
    if (inLine[buffer] == row) {
      return line;
    }
    inLine[buffer] = row;
    byte[] rgb = image.rgb();
    int start = 3 * image.width() * row;
    for (int x = 0; x < columns.first.length; x++) {
      int a = start + 3 * columns.first[x];
      int b = start + 3 * columns.second[x];
      int a0 = columns.firstWeight[x];
      int a1 = columns.secondWeight[x];
      for (int c = 0; c < 3; c++) {
        line[3 * x + c] = (rgb[a + c] & 0xFF) * a0 + (rgb[b + c] & 0xFF) * a1;
      }
    }
    return line;
  }

  /** At exactly half the size OpenCV takes the mean of four. */
  private static PixelImage half(PixelImage image, int newWidth, int newHeight) {
    byte[] rgb = image.rgb();
    byte[] resized = new byte[3 * newWidth * newHeight];
    int stride = 3 * image.width();
    for (int y = 0, to = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        int from = 2 * y * stride + 6 * x;
        for (int c = 0; c < 3; c++, to++, from++) {
          int sum =
              (rgb[from] & 0xFF)
                  + (rgb[from + 3] & 0xFF)
                  + (rgb[from + stride] & 0xFF)
                  + (rgb[from + stride + 3] & 0xFF);
          resized[to] = (byte) (sum + 2 >> 2);
        }
      }
    }
    return new PixelImage(newWidth, newHeight, resized);
  }
}
