package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/**
 * Layer norm over the last axis (Ba et al. 2016, arXiv:1607.06450). Parameters {@code weight} and
 * {@code bias} (channels).
 */
public final class LayerNorm extends NamedBlock {
  private final Shape normalized;
  private final float epsilon;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * A norm.
   *
   * @param channels length of the last axis
   * @param epsilon added to the variance
   */
  public LayerNorm(long channels, float epsilon) {
    this.normalized = new Shape(channels);
    this.epsilon = epsilon;
    this.weight = parameter("weight", Initializers.constant(1f), channels);
    this.bias = parameter("bias", Initializers.constant(0f), channels);
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return ai.djl.nn.norm.LayerNorm.layerNorm(
            x,
            normalized,
            value(store, weight, x, training),
            value(store, bias, x, training),
            epsilon)
        .head();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
