package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.DepthwiseConv2d;
import dev.visionmamba.scans.DepthwiseConv2dArguments;

/**
 * A 2-D convolution with a square kernel over channel-last maps. Parameters {@code weight} (out, in
 * / groups, k, k) and {@code bias} (out).
 *
 * <p>A transposed view of a contiguous (B, H, W, C) array is what libtorch calls channels-last, so
 * nothing is copied.
 */
public final class Conv2d extends NamedBlock {
  private static final Shape ONE = new Shape(1, 1);

  private final int out;
  private final Geometry geometry;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * How the kernel moves.
   *
   * @param kernel its height and width, at least 1
   * @param stride its step in both directions, at least 1
   * @param padding zeros on every side, at least 0
   * @param groups how many groups the channels are in; a group's outputs see its inputs alone
   */
  public record Geometry(int kernel, int stride, int padding, int groups) {

    /**
     * A kernel that sees all channels.
     *
     * @param kernel its height and width
     * @param stride its step in both directions
     * @param padding zeros on every side
     * @return the geometry
     */
    public static Geometry dense(int kernel, int stride, int padding) {
      return new Geometry(kernel, stride, padding, 1);
    }

    /**
     * A kernel for each channel, which keeps the size of the map at stride 1.
     *
     * @param kernel its height and width, odd
     * @param stride its step in both directions
     * @param channels how many channels
     * @return the geometry
     */
    public static Geometry depthwise(int kernel, int stride, int channels) {
      return new Geometry(kernel, stride, kernel / 2, channels);
    }

    /** Whether every pixel goes its own way, so that a linear layer does the same. */
    boolean isPointwise() {
      return kernel == 1 && stride == 1 && padding == 0 && groups == 1;
    }

    /**
     * The length of a side of the output.
     *
     * @param side that of the input
     * @return 0 or less if the kernel does not fit
     */
    public long outputSide(long side) {
      return Math.floorDiv(side + 2L * padding - kernel, stride) + 1;
    }
  }

  /**
   * A convolution.
   *
   * @param in input channels
   * @param out output channels
   * @param geometry how the kernel moves
   * @param weightInitializer how the weight starts
   * @param biasInitializer how the bias starts; null for no bias
   */
  public Conv2d(
      int in,
      int out,
      Geometry geometry,
      Initializer weightInitializer,
      Initializer biasInitializer) {
    this.out = out;
    this.geometry = geometry;
    int kernel = geometry.kernel();
    this.weight =
        ofProduct("weight", weightInitializer, out, in / geometry.groups(), kernel, kernel);
    this.bias = biasInitializer == null ? null : ofProduct("bias", biasInitializer, out);
  }

  /**
   * A convolution that starts as PyTorch's do by default.
   *
   * @param in input channels
   * @param out output channels
   * @param geometry how the kernel moves
   * @param hasBias whether there is a bias
   * @return the convolution
   */
  public static Conv2d standard(int in, int out, Geometry geometry, boolean hasBias) {
    long fanIn = (long) in / geometry.groups() * geometry.kernel() * geometry.kernel();
    Initializer uniform = Initializers.defaultUniform(fanIn);
    return new Conv2d(in, out, geometry, uniform, hasBias ? uniform : null);
  }

  /**
   * (B, H, W, in) to (B, H', W', out).
   *
   * @param store the parameter store
   * @param x the map; best contiguous
   * @param training whether this is a training step
   * @return the output
   * @throws IllegalArgumentException if the map has other channels or is smaller than the kernel
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return convolve(store, x, bias == null ? null : value(store, bias, x, training), training);
  }

  /**
   * The same over channel-first views of such maps, for convolutions that follow each other: a
   * transposed view is not free where maps are small.
   *
   * @param store the parameter store
   * @param x (B, in, H, W), best a view of a contiguous (B, H, W, in)
   * @param training whether this is a training step
   * @return (B, out, H', W'), a view of a (B, H', W', out) if x is such a view
   * @throws IllegalArgumentException if the map has other channels or is smaller than the kernel
   */
  public NDArray forwardChannelFirst(ParameterStore store, NDArray x, boolean training) {
    requireFit(x.getShape(), 1, weight.getShape().get(1) * geometry.groups(), geometry);
    NDArray w = value(store, weight, x, training);
    NDArray b = bias == null ? null : value(store, bias, x, training);
    return Product.inTypeOfWeight(
        x, w, b, (map, filters, biases) -> convolvedChannelFirst(map, filters, biases, geometry));
  }

  /** The same with a bias from elsewhere, null for none. */
  NDArray convolve(ParameterStore store, NDArray x, NDArray b, boolean training) {
    return apply(x, value(store, weight, x, training), b, geometry);
  }

  /**
   * SiLU(convolution) of a depthwise convolution that keeps the size of the map: what comes before
   * a 2-D selective scan.
   *
   * @param store the parameter store
   * @param x (B, H*W, in), row by row
   * @param height H
   * @param width W
   * @param training whether this is a training step
   * @return (B, H*W, in)
   * @throws IllegalArgumentException if the convolution is another, or x has other channels
   */
  public NDArray forwardSilu(
      ParameterStore store, Columns x, int height, int width, boolean training) {
    if (geometry.stride() != 1 || geometry.padding() != geometry.kernel() / 2) {
      throw new IllegalArgumentException("the map must keep its size, but there is " + geometry);
    }
    NDArray w = value(store, weight, x.array(), training);
    NDArray b = bias == null ? null : value(store, bias, x.array(), training);
    return DepthwiseConv2d.forward(new DepthwiseConv2dArguments(x, height, width, w, b));
  }

  /**
   * A convolution by a weight that is another block's.
   *
   * @param x (B, H, W, in); best contiguous
   * @param w the weight, (out, in / groups, k, k)
   * @param b the bias, (out); null for none
   * @param geometry how the kernel moves
   * @return (B, H', W', out), of the weight's type
   * @throws IllegalArgumentException if the map has other channels or is smaller than the kernel
   */
  public static NDArray apply(NDArray x, NDArray w, NDArray b, Geometry geometry) {
    requireFit(x.getShape(), 3, w.getShape().get(1) * geometry.groups(), geometry);
    if (geometry.isPointwise()) {
      return Linear.apply(x, w, b);
    }
    return Product.inTypeOfWeight(
        x, w, b, (input, filters, bias) -> convolved(input, filters, bias, geometry));
  }

  private static NDArray convolved(NDArray x, NDArray w, NDArray b, Geometry geometry) {
    try (NDArray map = x.transpose(0, 3, 1, 2); // (B, in, H, W)
        NDArray y = convolvedChannelFirst(map, w, b, geometry)) {
      return y.transpose(0, 2, 3, 1); // (B, H', W', out)
    }
  }

  private static NDArray convolvedChannelFirst(
      NDArray map, NDArray w, NDArray b, Geometry geometry) {
    Shape stride = new Shape(geometry.stride(), geometry.stride());
    Shape padding = new Shape(geometry.padding(), geometry.padding());
    return ai.djl.nn.convolutional.Conv2d.conv2d(map, w, b, stride, padding, ONE, geometry.groups())
        .head();
  }

  private static void requireFit(Shape x, int channelAxis, long in, Geometry geometry) {
    boolean channelFirst = channelAxis == 1;
    if (x.dimension() != 4 || x.get(channelAxis) != in) {
      String wanted = channelFirst ? in + ", height, width)" : "height, width, " + in + ")";
      throw new IllegalArgumentException(
          "a convolution's input must be (batch, " + wanted + ", but is " + x);
    }
    long height = x.get(channelFirst ? 2 : 1);
    long width = x.get(channelFirst ? 3 : 2);
    if (geometry.outputSide(Math.min(height, width)) < 1) {
      throw new IllegalArgumentException(
          "a map of "
              + height
              + "x"
              + width
              + " is smaller than the kernel of "
              + geometry.kernel()
              + "x"
              + geometry.kernel());
    }
  }

  /**
   * The weight.
   *
   * @return (out, in / groups, k, k)
   */
  public Parameter weight() {
    return weight;
  }

  /**
   * What the layer costs.
   *
   * @param height of the input
   * @param width of the input
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    long positions = geometry.outputSide(height) * geometry.outputSide(width);
    return positions * weight.getShape().size();
  }

  /**
   * How the kernel moves.
   *
   * @return the geometry
   */
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {
      new Shape(x.get(0), geometry.outputSide(x.get(1)), geometry.outputSide(x.get(2)), out)
    };
  }
}
