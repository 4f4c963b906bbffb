package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/**
 * What the non-causal form of {@linkplain StateSpaceDuality state-space duality} works on. With H
 * heads of P channels, N states and G groups, all arrays of one floating-point type and on one
 * device:
 *
 * @param x the input, (B, L, H, P)
 * @param weight how much each token gives to the states of each head, (B, L, H)
 * @param b the input matrix, (B, L, G, N); G divides H, and head h reads group h / (H/G)
 * @param c the output matrix, (B, L, G, N)
 * @param d the skip weights, (H); null for none
 */
public record NonCausalDualityArguments(
    NDArray x, NDArray weight, NDArray b, NDArray c, NDArray d) {

  /**
   * Checks that the operands fit each other.
   *
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public NonCausalDualityArguments {
    HeadSizes sizes = HeadSizes.of(x, b);
    Objects.requireNonNull(weight, "the weight");
    Objects.requireNonNull(c, "C");
    HeadSizes.require(
        "the weight", weight, x, new Shape(sizes.batch(), sizes.tokens(), sizes.heads()));
    HeadSizes.require("C", c, x, b.getShape());
    HeadSizes.require("D", d, x, new Shape(sizes.heads()));
  }

  /** Refuses operands that have been closed since the checks. */
  void requireOpen() {
    Operands.requireOpen("x", x);
    Operands.requireOpen("the weight", weight);
    Operands.requireOpen("B", b);
    Operands.requireOpen("C", c);
    Operands.requireOpen("D", d);
  }
}
