package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts.Operand;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.Normalization;
import dev.visionmamba.scans.NormalizationArguments;

/**
 * Layer norm over the last axis (Ba et al. 2016, arXiv:1607.06450). Parameters {@code weight} and
 * {@code bias}, (channels) or, where the reference's norm is over axis 1, (1, channels, 1...).
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
    this(channels, epsilon, new Shape(channels));
  }

  /**
   * A norm whose parameters have another shape in the state dict.
   *
   * @param channels length of the last axis
   * @param epsilon added to the variance
   * @param stored the parameters' shape, of as many elements
   */
  public LayerNorm(long channels, float epsilon, Shape stored) {
    this.normalized = new Shape(channels);
    this.epsilon = epsilon;
    this.weight = parameter("weight", Initializers.constant(1f), stored.getShape());
    this.bias = parameter("bias", Initializers.constant(0f), stored.getShape());
  }

  /** (..., channels) to the same shape, in single precision. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return forward(store, x, null, training);
  }

  /**
   * The norm with a gate after it.
   *
   * @param store the parameter store
   * @param x (..., channels)
   * @param gate z, (B, L, channels), as many tokens as x; null for none
   * @param training whether this is a training step
   * @return norm(x) * SiLU(z), in single precision
   */
  public NDArray forward(ParameterStore store, NDArray x, Columns gate, boolean training) {
    NDArray w = value(store, weight, x, training);
    NDArray b = value(store, bias, x, training);
    if (w.getShape().dimension() == 1) {
      return normalize(x, w, b, gate);
    }
    try (NDArray flatWeight = w.reshape(normalized);
        NDArray flatBias = b.reshape(normalized)) {
      return normalize(x, flatWeight, flatBias, gate);
    }
  }

  private NDArray normalize(NDArray x, NDArray w, NDArray b, Columns gate) {
    try (Operand input = Operand.single(x);
        Operand z = gate == null ? null : Operand.single(gate.array())) {
      Columns single = z == null ? null : new Columns(z.array(), gate.from(), gate.to());
      return Normalization.forward(
          new NormalizationArguments(input.array(), w, b, epsilon, single));
    }
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
