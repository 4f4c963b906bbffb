package dev.visionmamba.heads.ops;

/**
 * What a mask head is to say of a region: an object's mask, cut out by the region and resized to a
 * small square, by {@link RoiAlign} with adaptive sampling on the mask as a map of zeros and ones,
 * as mmdetection does it.
 */
public final class MaskCrop {
  /** So far below a half, float32 may have rounded a half. */
  private static final double ROUNDED = 1e-6;

  private MaskCrop() {}

  /**
   * The part of a mask that lies in a box, on a grid of bins.
   *
   * @param mask height x width, row by row, true where the object is
   * @param height of the mask in pixels
   * @param width of the mask in pixels
   * @param box x1, y1, x2, y2 in pixels of the mask, finite
   * @param side bins along each axis, at least 1; 28 as published
   * @param target where side x side values go, row by row: 1 where the object covers at least half
   *     of a bin's samples, else 0
   * @param at the first one's place there
   * @throws IllegalArgumentException if the mask has another size, the box is no finite box, there
   *     is no bin, or there is no room for the values
   */
  public static void crop(
      boolean[] mask, int height, int width, float[] box, int side, float[] target, int at) {
    if (mask.length != (long) height * width) {
      throw new IllegalArgumentException(
          "a mask of %dx%d has %d pixels, but there are %d"
              .formatted(height, width, (long) height * width, mask.length));
    }
    if (box.length != Boxes.COORDINATES) {
      throw new IllegalArgumentException("a box is four floats, but there are " + box.length);
    }
    Boxes.requireFinite(box, "a region");
    if (side < 1) {
      throw new IllegalArgumentException("a crop has at least 1 bin along each side, got " + side);
    }
    if (at < 0 || (long) at + (long) side * side > target.length) {
      throw new IllegalArgumentException(
          "%d values from place %d on do not fit into %d"
              .formatted((long) side * side, at, target.length));
    }
    SampleAxis x = SampleAxis.of(box[0] - 0.5, (double) box[2] - box[0], side, 0, width);
    SampleAxis y = SampleAxis.of(box[1] - 0.5, (double) box[3] - box[1], side, 0, height);
    double[] row = new double[side]; // a row of the mask, summed into the bins along x
    double[] sums = new double[side * side];
    for (int pixelY = y.from(); pixelY < y.to(); pixelY++) {
      alongX(mask, pixelY * width, x, row);
      for (int p = 0; p < side; p++) {
        int k = pixelY - y.first[p];
        if (k >= 0 && k < y.count[p]) {
          double weight = y.weights[p * y.most + k];
          for (int q = 0; q < side; q++) {
            sums[p * side + q] += weight * row[q];
          }
        }
      }
    }
    for (int i = 0; i < sums.length; i++) {
      target[at + i] = sums[i] >= 0.5 - ROUNDED ? 1 : 0;
    }
  }

  private static void alongX(boolean[] mask, int rowStart, SampleAxis x, double[] row) {
    for (int q = 0; q < row.length; q++) {
      double sum = 0;
      for (int k = 0; k < x.count[q]; k++) {
        if (mask[rowStart + x.first[q] + k]) {
          sum += x.weights[q * x.most + k];
        }
      }
      row[q] = sum;
    }
  }
}
