package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.restoration.layers.Scopes;
import java.util.function.UnaryOperator;

/**
 * Multi-head attention within windows with a bias by relative position (Swin, arXiv:2103.14030,
 * section 3.2). Windows are attended row by row, so that the scores of one row are all that is kept
 * at a time. With n tokens in a window, M windows side by side and h heads of d channels.
 */
final class WindowAttention extends NamedBlock {
  private final int windowSize; // w
  private final int heads;
  private final Parameter biasTable; // ((2w-1)*(2w-1), h)
  private final Linear proj;

  WindowAttention(int channels, int windowSize, int heads) {
    this.windowSize = windowSize;
    this.heads = heads;
    long positions = (2L * windowSize - 1) * (2L * windowSize - 1);
    biasTable =
        parameter(
            "relative_position_bias_table", Initializers.truncatedNormal(0.02f), positions, heads);
    proj = child("proj", Linear.truncatedNormal(channels, channels, true));
  }

  /**
   * Queries, keys and values of a map to what is attended, in the scope of the caller.
   *
   * @param qkv (B, H, W, 3C)
   * @param shifted whether the map has been moved, so that the last row and column of windows hold
   *     what lies at opposite ends
   * @return (B, H, W, C)
   */
  NDArray forward(
      ParameterStore store, NDArray qkv, Windows windows, boolean shifted, boolean training) {
    NDArray table = value(store, biasTable, qkv, training);
    long tokens = (long) windowSize * windowSize;
    NDArray bias =
        Embedding.embedding(windows.positions(), table, SparseFormat.DENSE)
            .head() // (n*n, h)
            .reshape(tokens, tokens, heads)
            .transpose(2, 0, 1);
    long height = qkv.getShape().get(1);
    NDList rows = new NDList();
    for (long top = 0; top < height; top += windowSize) {
      boolean last = top + windowSize == height;
      UnaryOperator<NDArray> mask =
          shifted ? scores -> windows.masked(scores, last, training) : scores -> scores;
      NDArray row = qkv.get(":, " + top + ":" + (top + windowSize));
      rows.add(Scopes.run(() -> attend(row, bias, mask, training)));
    }
    return proj.forward(store, NDArrays.concat(rows, 1), training);
  }

  /** A row of windows, (B, w, W, 3C) to (B, w, W, C); the mask changes (B, M, h, n, n). */
  private NDArray attend(NDArray row, NDArray bias, UnaryOperator<NDArray> mask, boolean training) {
    Shape shape = row.getShape();
    long size = windowSize;
    long batch = shape.get(0);
    long across = shape.get(2) / size; // M
    long depth = shape.get(3) / 3 / heads; // d
    long tokens = size * size; // n
    NDArray qkv =
        Casts.single(row)
            .reshape(batch, size, across, size, 3, heads, depth)
            .transpose(4, 0, 2, 5, 1, 3, 6) // (3, B, M, h, w, w, d)
            .reshape(3, batch * across, heads, tokens, depth);
    // In libtorch's own memory: autograd saves it, and Java's may be collected before.
    NDArray scale =
        row.getManager().full(new Shape(1), (float) (1 / Math.sqrt(depth)), qkv.getDataType());
    NDArray queries = qkv.get(0).mul(scale);
    NDArray scores = queries.matMul(qkv.get(1).transpose(0, 1, 3, 2)); // (B*M, h, n, n)
    NDArray biased = training ? scores.add(bias) : scores.addi(bias);
    NDArray masked = mask.apply(biased.reshape(batch, across, heads, tokens, tokens));
    return masked
        .reshape(batch * across, heads, tokens, tokens)
        .softmax(-1)
        .matMul(qkv.get(2)) // (B*M, h, n, d)
        .reshape(batch, across, heads, size, size, depth)
        .transpose(0, 3, 1, 4, 2, 5) // (B, w, M, w, h, d)
        .reshape(batch, size, shape.get(2), shape.get(3) / 3);
  }

  /** The same without a shift. */
  @Override
  public NDArray forward(ParameterStore store, NDArray qkv, boolean training) {
    try (Windows windows = Windows.of(qkv, windowSize)) {
      return Scopes.run(() -> forward(store, qkv, windows, false, training));
    }
  }

  long multiplyAdds(long height, long width) {
    long positions = height * width;
    long channels = proj.weight().getShape().get(0);
    return 2 * positions * windowSize * windowSize * channels + proj.multiplyAdds(positions);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), x.get(1), x.get(2), x.get(3) / 3)};
  }
}
