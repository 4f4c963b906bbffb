package dev.visionmamba.backbones.layers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/**
 * y = x W^T + b over the last axis; parameters {@code weight} (out, in), or (out, in, 1...) where
 * the reference has a convolution, and {@code bias} (out).
 *
 * <p>On a CPU it runs as a convolution by a single pixel, which libtorch gives to oneDNN; its
 * matrix products go to MKL, which leaves AVX-512 unused on CPUs that are not Intel's.
 */
public final class Linear extends NamedBlock {
  private static final Shape ONE = new Shape(1, 1);
  private static final Shape NONE = new Shape(0, 0);

  /** Smaller products, by multiply-adds, are not worth oneDNN's rearranging of the weights. */
  private static final long LEAST_FOR_CONVOLUTION = 4_000_000;

  /** Nor are few vectors, however large the weights: 16 of 2048 take 880 us instead of 320. */
  private static final long LEAST_VECTORS_FOR_CONVOLUTION = 40;

  private final long in;
  private final long out;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * A linear layer.
   *
   * @param in input channels
   * @param out output channels
   * @param weightInitializer how the weight starts
   * @param biasInitializer how the bias starts; null for no bias
   */
  public Linear(long in, long out, Initializer weightInitializer, Initializer biasInitializer) {
    this(new Shape(out, in), weightInitializer, biasInitializer);
  }

  private Linear(Shape weightShape, Initializer weightInitializer, Initializer biasInitializer) {
    this.out = weightShape.get(0);
    this.in = weightShape.get(1);
    this.weight = ofProduct("weight", weightInitializer, weightShape.getShape());
    this.bias = biasInitializer == null ? null : ofProduct("bias", biasInitializer, out);
  }

  /**
   * A layer without bias, started as PyTorch does by default.
   *
   * @param in input channels
   * @param out output channels
   * @return the layer
   */
  public static Linear withoutBias(long in, long out) {
    return new Linear(in, out, Initializers.defaultUniform(in), null);
  }

  /**
   * A layer that is a convolution by a single pixel in the reference, and in the state dict;
   * started as PyTorch does by default.
   *
   * @param in input channels
   * @param out output channels
   * @param axes of the reference's convolution, 1 or 2: the weight is (out, in, 1) or (out, in, 1,
   *     1)
   * @param hasBias whether there is a bias
   * @return the layer
   */
  public static Linear pointwise(long in, long out, int axes, boolean hasBias) {
    Initializer uniform = Initializers.defaultUniform(in);
    Shape weight = axes == 1 ? new Shape(out, in, 1) : new Shape(out, in, 1, 1);
    return new Linear(weight, uniform, hasBias ? uniform : null);
  }

  /**
   * A layer whose weight starts as a normal of deviation 0.02 cut at two deviations, its bias at 0.
   *
   * @param in input channels
   * @param out output channels
   * @param hasBias whether there is a bias
   * @return the layer
   */
  public static Linear truncatedNormal(long in, long out, boolean hasBias) {
    return new Linear(
        in, out, Initializers.truncatedNormal(0.02f), hasBias ? Initializers.constant(0f) : null);
  }

  /**
   * Leaves this layer float32 in half precision, too: a layer that gives a state space its step
   * sizes.
   *
   * @return this layer
   */
  public Linear single() {
    staySingle();
    return this;
  }

  /**
   * (..., in) to (..., out).
   *
   * @param store the parameter store
   * @param x the input
   * @param training whether this is a training step
   * @return the output
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray b = bias == null ? null : value(store, bias, x, training);
    return project(store, x, b, training);
  }

  /**
   * x W^T, leaving the bias to whoever can add it for less.
   *
   * @param store the parameter store
   * @param x (..., in)
   * @param training whether this is a training step
   * @return (..., out)
   */
  public NDArray withoutBias(ParameterStore store, NDArray x, boolean training) {
    return project(store, x, null, training);
  }

  private NDArray project(ParameterStore store, NDArray x, NDArray b, boolean training) {
    return apply(x, value(store, weight, x, training), b);
  }

  /**
   * x W^T + b, for a weight that lies in a larger parameter.
   *
   * @param x (..., in)
   * @param w the weight, (out, in) or (out, in, 1...)
   * @param b the bias, (out); null for none
   * @return (..., out), of the weight's type
   */
  public static NDArray apply(NDArray x, NDArray w, NDArray b) {
    return Product.inTypeOfWeight(x, w, b, Linear::product);
  }

  private static NDArray product(NDArray x, NDArray w, NDArray b) {
    long out = w.getShape().get(0);
    long in = w.getShape().get(1);
    Shape shape = x.getShape();
    long positions = shape.size() / in;
    if (positions < LEAST_VECTORS_FOR_CONVOLUTION
        || positions * in * out < LEAST_FOR_CONVOLUTION
        || !x.getDevice().equals(Device.cpu())) {
      return linear(x, w, b);
    }
    if (shape.dimension() == 4) {
      return convolution(x, w, b);
    }
    try (NDArray map = x.reshape(1, 1, positions, in);
        NDArray y = convolution(map, w, b)) {
      return y.reshape(shape.slice(0, shape.dimension() - 1).add(out));
    }
  }

  private static NDArray linear(NDArray x, NDArray w, NDArray b) {
    if (w.getShape().dimension() == 2) {
      return ai.djl.nn.core.Linear.linear(x, w, b).head();
    }
    try (NDArray matrix = w.reshape(w.getShape().get(0), w.getShape().get(1))) {
      return ai.djl.nn.core.Linear.linear(x, matrix, b).head();
    }
  }

  /**
   * (B, H, W, in) to (B, H, W, out). Transposed views of contiguous arrays are what libtorch calls
   * channels-last: nothing is copied.
   */
  private static NDArray convolution(NDArray x, NDArray w, NDArray b) {
    if (w.getShape().dimension() != 4) {
      try (NDArray filters = w.reshape(w.getShape().get(0), w.getShape().get(1), 1, 1)) {
        return convolution(x, filters, b);
      }
    }
    try (NDArray map = x.transpose(0, 3, 1, 2);
        NDArray y = Conv2d.conv2d(map, w, b, ONE, NONE, ONE, 1).head()) {
      return y.transpose(0, 2, 3, 1);
    }
  }

  /**
   * The weight.
   *
   * @return (out, in), or (out, in, 1...)
   */
  public Parameter weight() {
    return weight;
  }

  /**
   * The bias.
   *
   * @return null if there is none
   */
  public Parameter bias() {
    return bias;
  }

  /**
   * What the layer costs.
   *
   * @param positions how many vectors it is applied to
   * @return multiply-adds
   */
  public long multiplyAdds(long positions) {
    return positions * in * out;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {x.slice(0, x.dimension() - 1).add(out)};
  }
}
