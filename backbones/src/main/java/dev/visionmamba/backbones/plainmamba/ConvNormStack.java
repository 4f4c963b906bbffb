package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.BatchNorm;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.ConvNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Some convolutions without bias, after each a batch norm and an activation. Numbered as published:
 * convolution 3i, its norm 3i + 1, and a number for the activation. Convolutions start as PyTorch's
 * do.
 */
final class ConvNormStack extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  private final List<ConvNorm> pairs = new ArrayList<>();
  private final Conv2d.Geometry geometry;
  private final UnaryOperator<NDArray> activation;
  private final int out;

  /** Convolutions of one geometry; where there are several, {@code in} must be {@code out}. */
  ConvNormStack(
      int count, int in, int out, Conv2d.Geometry geometry, UnaryOperator<NDArray> activation) {
    this.geometry = geometry;
    this.activation = activation;
    this.out = out;
    for (int i = 0; i < count; i++) {
      pairs.add(
          new ConvNorm(
              child(Integer.toString(3 * i), Conv2d.standard(in, out, geometry, false)),
              child(Integer.toString(3 * i + 1), new BatchNorm(out, EPSILON))));
    }
  }

  /** (B, H, W, in) to (B, H', W', out); the input itself if there is no convolution. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (ConvNorm pair : pairs) {
      NDArray before = y;
      try (NDArray normed = pair.forward(store, before, training)) {
        y = activation.apply(normed);
      }
      if (before != x) {
        before.close();
      }
    }
    return y;
  }

  @Override
  public void foldNorms() {
    pairs.forEach(ConvNorm::fold);
  }

  /** The length of a side after all convolutions. */
  long outputSide(long side) {
    long length = side;
    for (int i = 0; i < pairs.size(); i++) {
      length = geometry.outputSide(length);
    }
    return length;
  }

  long multiplyAdds(long height, long width) {
    long cost = 0;
    long h = height;
    long w = width;
    for (ConvNorm pair : pairs) {
      cost += pair.multiplyAdds(h, w);
      h = geometry.outputSide(h);
      w = geometry.outputSide(w);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), outputSide(x.get(1)), outputSide(x.get(2)), out)};
  }
}
