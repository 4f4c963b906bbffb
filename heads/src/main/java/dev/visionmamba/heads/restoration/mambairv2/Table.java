package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;

/** Learned rows; the parameter {@code weight} (rows, width). */
final class Table extends NamedBlock {
  private final long width;
  private final Parameter weight;

  /** Starts uniform within 1 / rows. */
  Table(int rows, int width) {
    this.width = width;
    weight = parameter("weight", Initializers.uniform(1.0 / rows), rows, width);
  }

  /** All rows, owned by the model. */
  NDArray rows(ParameterStore store, NDArray like, boolean training) {
    return value(store, weight, like, training);
  }

  /** Whole numbers (...) to their rows, (..., width). */
  @Override
  public NDArray forward(ParameterStore store, NDArray indices, boolean training) {
    NDArray rows = rows(store, indices, training);
    return Embedding.embedding(indices, rows, SparseFormat.DENSE).head();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0].add(width)};
  }
}
