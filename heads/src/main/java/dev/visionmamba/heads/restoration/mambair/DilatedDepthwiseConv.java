package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * A depthwise convolution by 3x3 pixels that are two apart, which keeps the size of the map.
 * Parameters {@code weight} (C, 1, 3, 3) and {@code bias} (C).
 */
final class DilatedDepthwiseConv extends NamedBlock {
  private static final Shape ONE = new Shape(1, 1);
  private static final Shape TWO = new Shape(2, 2);

  private final int channels;
  private final Parameter weight;
  private final Parameter bias;

  DilatedDepthwiseConv(int channels) {
    this.channels = channels;
    Initializer uniform = Initializers.defaultUniform(9);
    weight = parameter("weight", uniform, channels, 1, 3, 3);
    bias = parameter("bias", uniform, channels);
  }

  /** (B, C, H, W), a view of a channel-last map, to another such view of the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray w = value(store, weight, x, training);
    NDArray b = value(store, bias, x, training);
    NDArray single = Casts.single(x);
    try {
      return Conv2d.conv2d(single, w, b, ONE, TWO, TWO, channels).head();
    } finally {
      if (single != x) {
        single.close();
      }
    }
  }

  long multiplyAdds(long height, long width) {
    return height * width * weight.getShape().size();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
