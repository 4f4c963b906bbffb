package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;

/**
 * What a {@linkplain Normalization norm} works on: arrays of one floating-point type and on one
 * device.
 *
 * @param x (..., D)
 * @param weight (D)
 * @param bias (D) for a layer norm; null for an RMS norm, which has none
 * @param epsilon keeps the root from zero; at least 0
 * @param gate (B, L, D), as many tokens as x; null for none
 */
public record NormalizationArguments(
    NDArray x, NDArray weight, NDArray bias, float epsilon, Columns gate) {

  /**
   * Checks that the operands fit each other: their shapes, one floating-point type, one device.
   *
   * @throws NullPointerException naming the operand that is missing
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public NormalizationArguments {
    Shape shape = Operands.shape("x", x);
    if (shape.dimension() == 0 || shape.get(shape.dimension() - 1) == 0) {
      throw Operands.misfit("x", "(..., channels), with at least one channel", shape);
    }
    long channels = shape.get(shape.dimension() - 1);
    Operands.shape("the weight", weight);
    Operands.requireVector("the weight", weight, channels);
    Operands.requireVector("the bias", bias, channels);
    if (gate != null) {
      Shape tokens = Operands.shape("the gate", gate.array());
      if (gate.width() != channels || tokens.get(0) * tokens.get(1) * channels != shape.size()) {
        Shape columns = new Shape(tokens.get(0), tokens.get(1), gate.width());
        throw Operands.misfit("the gate", "of the tokens and channels of x, " + shape, columns);
      }
    }
    if (!(epsilon >= 0)) { // refuses NaN too
      throw Operands.misfit("epsilon", "at least 0", epsilon);
    }
    Operands.requireFloating("x", x);
    Operands.requireLike("the weight", weight, "x", x);
    Operands.requireLike("the bias", bias, "x", x);
    Operands.requireLike("the gate", gate == null ? null : gate.array(), "x", x);
  }

  /** Refuses operands that have been closed since the checks. */
  void requireOpen() {
    Operands.requireOpen("x", x);
    Operands.requireOpen("the weight", weight);
    Operands.requireOpen("the bias", bias);
    Operands.requireOpen("the gate", gate == null ? null : gate.array());
  }

  /**
   * D, the number of channels.
   *
   * @return at least 1
   */
  public int channels() {
    return Math.toIntExact(weight.getShape().get(0));
  }

  /**
   * Every array that the norm reads, in a fixed order.
   *
   * @return x, the weight, and the bias and the gate's array if they are there
   */
  public NDList arrays() {
    NDList arrays = new NDList(x, weight);
    if (bias != null) {
      arrays.add(bias);
    }
    if (gate != null) {
      arrays.add(gate.array());
    }
    return arrays;
  }
}
