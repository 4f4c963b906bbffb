package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.BatchNorm;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.ConvNorm;
import dev.visionmamba.backbones.layers.NamedBlock;

/** A convolution without bias ({@code conv}), a batch norm ({@code norm}) and, if wanted, ReLU. */
final class ConvLayer extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  private final Conv2d conv;
  private final ConvNorm pair;
  private final boolean relu;

  ConvLayer(int in, int out, Geometry geometry, boolean relu) {
    this.conv = child("conv", Conv2d.standard(in, out, geometry, false));
    this.pair = new ConvNorm(conv, child("norm", new BatchNorm(out, EPSILON)));
    this.relu = relu;
  }

  /** A layer of 3x3 pixels that keeps the size and the channels of the map, each by itself. */
  static ConvLayer depthwise(int channels) {
    return new ConvLayer(channels, channels, Geometry.depthwise(3, 1, channels), false);
  }

  /** A layer that sees one pixel at a time. */
  static ConvLayer pointwise(int in, int out, boolean relu) {
    return new ConvLayer(in, out, Geometry.dense(1, 1, 0), relu);
  }

  /** (B, H, W, in) to (B, H', W', out). */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y = pair.forward(store, x, training);
    if (!relu) {
      return y;
    }
    try (y) {
      return Activation.relu(y);
    }
  }

  @Override
  public void foldNorms() {
    pair.fold();
  }

  /** The length of a side of the output. */
  long side(long inputSide) {
    return conv.geometry().outputSide(inputSide);
  }

  long multiplyAdds(long height, long width) {
    return pair.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return conv.getOutputShapes(inputShapes);
  }
}
