package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** y = x W^T + b over the last axis; parameters {@code weight} (out, in) and {@code bias} (out). */
public final class Linear extends NamedBlock {
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
    this.in = in;
    this.out = out;
    this.weight = parameter("weight", weightInitializer, out, in);
    this.bias = biasInitializer == null ? null : parameter("bias", biasInitializer, out);
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
    return ai.djl.nn.core.Linear.linear(x, value(store, weight, x, training), b).head();
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
