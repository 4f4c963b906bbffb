package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/** Resizing learned position embeddings to another grid. */
public final class PositionEmbeddings {
  /** The slope of PyTorch's bicubic kernel (Keys 1981, with this a). */
  private static final double A = -0.75;

  private PositionEmbeddings() {}

  /**
   * Resizes a grid of embeddings by bicubic interpolation as PyTorch does (align_corners false, no
   * antialiasing), keeping the first rows.
   *
   * @param manager where intermediate and final arrays live
   * @param embeddings (1, extra + h*w, C)
   * @param extra how many rows at the start are no part of the grid
   * @param fromHeight h
   * @param fromWidth w
   * @param toHeight the new h
   * @param toWidth the new w
   * @return (1, extra + toHeight*toWidth, C)
   */
  public static NDArray resize(
      NDManager manager,
      NDArray embeddings,
      int extra,
      int fromHeight,
      int fromWidth,
      int toHeight,
      int toWidth) {
    long channels = embeddings.getShape().get(2);
    long rows = embeddings.getShape().get(1);
    DataType type = embeddings.getDataType();
    NDArray vertical = bicubic(manager, fromHeight, toHeight, type); // (h', h)
    NDArray horizontal = bicubic(manager, fromWidth, toWidth, type); // (w', w)
    NDArray grid = embeddings.get(new NDIndex().addAllDim().addSliceDim(extra, rows));
    NDArray resized =
        vertical
            .matMul(grid.reshape(fromHeight, fromWidth * channels)) // (h', w*C)
            .reshape(toHeight, fromWidth, channels);
    resized = horizontal.broadcast(toHeight, toWidth, fromWidth).batchMatMul(resized);
    resized = resized.reshape(1, (long) toHeight * toWidth, channels);
    if (extra == 0) {
      return resized;
    }
    NDArray kept = embeddings.get(new NDIndex().addAllDim().addSliceDim(0, extra));
    NDArray all = NDArrays.concat(new NDList(kept, resized), 1);
    all.attach(manager); // it would belong to the parameter's
    return all;
  }

  /** The matrix (to, from) that interpolates one axis. */
  private static NDArray bicubic(NDManager manager, int from, int to, DataType type) {
    double[] matrix = new double[to * from];
    double scale = (double) from / to;
    for (int i = 0; i < to; i++) {
      double center = (i + 0.5) * scale - 0.5;
      int first = (int) Math.floor(center) - 1;
      for (int tap = 0; tap < 4; tap++) {
        int source = Math.min(Math.max(first + tap, 0), from - 1);
        matrix[i * from + source] += kernel(Math.abs(center - (first + tap)));
      }
    }
    // A copy in libtorch's own memory: autograd saves it, and Java's may be collected before.
    try (NDArray values = manager.create(matrix, new Shape(to, from));
        NDArray typed = values.toType(type, false)) {
      return typed.duplicate();
    }
  }

  private static double kernel(double distance) {
    if (distance <= 1) {
      return ((A + 2) * distance - (A + 3)) * distance * distance + 1;
    }
    return ((A * distance - 5 * A) * distance + 8 * A) * distance - 4 * A;
  }
}
