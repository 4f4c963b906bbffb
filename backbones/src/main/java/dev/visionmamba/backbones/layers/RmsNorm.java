package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/**
 * Root-mean-square norm over the last axis (Zhang and Sennrich 2019, arXiv:1910.07467): x /
 * sqrt(mean(x^2) + epsilon) * weight. Parameter {@code weight} (channels).
 */
public final class RmsNorm extends NamedBlock {
  private final float epsilon;
  private final Parameter weight;

  /**
   * A norm.
   *
   * @param channels length of the last axis
   * @param epsilon keeps the root from zero
   */
  public RmsNorm(long channels, float epsilon) {
    this.epsilon = epsilon;
    this.weight = parameter("weight", Initializers.constant(1f), channels);
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray input = Casts.single(x);
    NDArray meanSquare = input.square().mean(new int[] {x.getShape().dimension() - 1}, true);
    NDArray rms = meanSquare.add(epsilon).sqrt(); // (..., 1)
    return input.div(rms).mul(value(store, weight, x, training));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
