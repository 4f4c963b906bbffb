package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts.Operand;
import dev.visionmamba.scans.Normalization;
import dev.visionmamba.scans.NormalizationArguments;

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
    NDArray w = value(store, weight, x, training);
    try (Operand input = Operand.single(x)) {
      return Normalization.forward(
          new NormalizationArguments(input.array(), w, null, epsilon, null));
    }
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
