package dev.visionmamba.heads.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.Constants;

/**
 * Bringing channel-last maps, (B, H, W, C), to another size, as PyTorch does. Interpolating and
 * averaging are a matrix product along each axis; where a side is long, by blocks, since only a
 * band of the matrix is not zero.
 */
public final class Resize {
  /** libtorch's interpolation by nearest neighbours, by DJL's number. */
  private static final int NEAREST = 0;

  /** How many rows or columns of the output are computed at once. */
  private static final int BLOCK = 128;

  private Resize() {}

  /**
   * Nearest neighbours: pixel i of n' is the old pixel floor(i (n / n')), in float32.
   *
   * @param map (B, H, W, C)
   * @param height the new height
   * @param width the new width
   * @return (B, height, width, C)
   * @throws IllegalArgumentException if the map or the new size is empty
   */
  public static NDArray nearest(NDArray map, long height, long width) {
    requireSize(map, height, width);
    try (NDArray view = map.transpose(0, 3, 1, 2);
        NDArray resized =
            view.getNDArrayInternal().interpolation(new long[] {height, width}, NEAREST, false)) {
      return resized.transpose(0, 2, 3, 1);
    }
  }

  /**
   * Bilinear interpolation between the centres of pixels (align_corners false, no antialiasing):
   * pixel i of n' lies at (i + 0.5) n / n' - 0.5, and beyond the outermost centres the outermost
   * pixels go on.
   *
   * @param map (B, H, W, C)
   * @param height the new height
   * @param width the new width
   * @return (B, height, width, C); where the size stays, another handle on the same elements
   * @throws IllegalArgumentException if the map or the new size is empty
   */
  public static NDArray bilinear(NDArray map, long height, long width) {
    return bilinearRows(map, height, width, 0, height);
  }

  /**
   * Some rows of {@link #bilinear}, for maps that would be too large as a whole.
   *
   * @param map (B, H, W, C)
   * @param height the new height
   * @param width the new width
   * @param first the first of the new rows that is wanted, counted from 0
   * @param end the row after the last that is wanted
   * @return (B, end - first, width, C)
   * @throws IllegalArgumentException if the map or the new size is empty, or there are no such rows
   */
  public static NDArray bilinearRows(NDArray map, long height, long width, long first, long end) {
    requireSize(map, height, width);
    if (first < 0 || first >= end || end > height) {
      throw new IllegalArgumentException(
          String.format("of %d rows, those from %d to %d do not exist", height, first, end));
    }
    int h = Math.toIntExact(height);
    int w = Math.toIntExact(width);
    try (NDArray rows = bilinearAxis(map, 1, h, (int) first, (int) end)) {
      return bilinearAxis(rows, 2, w, 0, w);
    }
  }

  /** Outputs first..end of an axis that becomes {@code to} long. */
  private static NDArray bilinearAxis(NDArray map, int axis, int to, int first, int end) {
    int from = Math.toIntExact(map.getShape().get(axis));
    if (from == to) {
      return slice(map, axis, first, end);
    }
    NDList blocks = new NDList();
    for (int start = first; start < end; start += BLOCK) {
      blocks.add(bilinearBlock(map, axis, to, start, Math.min(start + BLOCK, end)));
    }
    if (blocks.size() == 1) {
      return blocks.head();
    }
    try (blocks) {
      return NDArrays.concat(blocks, axis);
    }
  }

  private static NDArray bilinearBlock(NDArray map, int axis, int to, int start, int stop) {
    int from = Math.toIntExact(map.getShape().get(axis));
    int low = (int) position(start, from, to);
    int high = Math.min((int) position(stop - 1, from, to) + 2, from);
    int columns = high - low;
    double[] matrix = new double[(stop - start) * columns];
    for (int i = start; i < stop; i++) {
      double position = position(i, from, to);
      int left = (int) position;
      int right = Math.min(left + 1, from - 1);
      int row = (i - start) * columns;
      matrix[row + left - low] += 1 - (position - left);
      matrix[row + right - low] += position - left;
    }
    try (NDArray part = slice(map, axis, low, high)) {
      return product(matrix, stop - start, part, axis);
    }
  }

  /** Where output i lies among the inputs, counted from the first one's centre. */
  private static double position(int i, int from, int to) {
    return Math.max((i + 0.5) * from / to - 0.5, 0);
  }

  /**
   * Adaptive average pooling: output i of n' is the mean of the pixels floor(i n / n') to ceil((i +
   * 1) n / n'), so that every output has pixels, in part the same ones where there are more outputs
   * than pixels.
   *
   * @param map (B, H, W, C)
   * @param height the new height
   * @param width the new width
   * @return (B, height, width, C)
   * @throws IllegalArgumentException if the map or the new size is empty
   */
  public static NDArray adaptiveAverage(NDArray map, long height, long width) {
    requireSize(map, height, width);
    try (NDArray rows = averageAxis(map, 1, Math.toIntExact(height))) {
      return averageAxis(rows, 2, Math.toIntExact(width));
    }
  }

  private static NDArray averageAxis(NDArray map, int axis, int to) {
    int from = Math.toIntExact(map.getShape().get(axis));
    double[] matrix = new double[to * from];
    for (int i = 0; i < to; i++) {
      int low = (int) ((long) i * from / to);
      int high = (int) (((i + 1L) * from + to - 1) / to);
      for (int j = low; j < high; j++) {
        matrix[i * from + j] = 1.0 / (high - low);
      }
    }
    return product(matrix, to, map, axis);
  }

  /** A matrix (to, from) times an axis, 1 or 2, of (B, H, W, C). */
  private static NDArray product(double[] matrix, int to, NDArray map, int axis) {
    Shape shape = map.getShape();
    long from = shape.get(axis);
    // For axis 1, a row with all its pixels is one long vector.
    long batch = axis == 1 ? shape.get(0) : shape.get(0) * shape.get(1);
    long vector = axis == 1 ? shape.get(2) * shape.get(3) : shape.get(3);
    Shape result =
        axis == 1
            ? new Shape(shape.get(0), to, shape.get(2), shape.get(3))
            : new Shape(shape.get(0), shape.get(1), to, shape.get(3));
    try (NDArray weights = Constants.like(map, matrix, new Shape(1, to, from));
        NDArray repeated = weights.broadcast(batch, to, from);
        NDArray vectors = map.reshape(batch, from, vector);
        NDArray products = repeated.batchMatMul(vectors)) {
      return products.reshape(result);
    }
  }

  private static NDArray slice(NDArray map, int axis, int first, int end) {
    NDIndex index = new NDIndex().addAllDim(axis).addSliceDim(first, end);
    return map.get(index.addAllDim(3 - axis));
  }

  private static void requireSize(NDArray map, long height, long width) {
    Shape shape = map.getShape();
    if (shape.dimension() != 4 || shape.size() == 0 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          String.format(
              "a map to resize must be (batch, height, width, channels) and its new size positive,"
                  + " got %s to %dx%d",
              shape, height, width));
    }
  }
}
