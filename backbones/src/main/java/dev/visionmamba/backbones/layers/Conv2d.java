package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/**
 * A 2-D convolution with a square kernel, without padding. Parameters {@code weight} (out, in, k,
 * k) and {@code bias} (out).
 */
public final class Conv2d extends NamedBlock {
  private final int out;
  private final int kernel;
  private final Shape stride;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * A convolution, its weight started as LeCun's normal, its bias at zero.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel height and width of the kernel
   * @param stride step in both directions
   */
  public Conv2d(int in, int out, int kernel, int stride) {
    this.out = out;
    this.kernel = kernel;
    this.stride = new Shape(stride, stride);
    long fanIn = (long) in * kernel * kernel;
    // The cut at two deviations narrows a normal to 0.8796 of its width; LeCun's undoes that.
    float deviation = (float) (Math.sqrt(1.0 / fanIn) / 0.87962566103423978);
    this.weight =
        parameter("weight", Initializers.truncatedNormal(deviation), out, in, kernel, kernel);
    this.bias = parameter("bias", Initializers.constant(0f), out);
  }

  /**
   * (B, in, H, W) to (B, out, (H - k) / stride + 1, (W - k) / stride + 1).
   *
   * @param store the parameter store
   * @param x the input
   * @param training whether this is a training step
   * @return the output
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return ai.djl.nn.convolutional.Conv2d.conv2d(
            x,
            value(store, weight, x, training),
            value(store, bias, x, training),
            stride,
            new Shape(0, 0),
            new Shape(1, 1))
        .head();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {
      new Shape(
          x.get(0),
          out,
          (x.get(2) - kernel) / stride.get(0) + 1,
          (x.get(3) - kernel) / stride.get(1) + 1)
    };
  }
}
