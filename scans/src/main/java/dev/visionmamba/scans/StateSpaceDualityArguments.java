package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/**
 * What the causal form of {@linkplain StateSpaceDuality state-space duality} works on. With H heads
 * of P channels, N states and G groups, all arrays of one floating-point type and on one device:
 *
 * @param path the order in which tokens are visited; null for the order in which they lie
 * @param x the input, already multiplied by the step size, (B, L, H, P)
 * @param a the logarithm of the decay, that is the step size times A: at most 0 and finite, (B, L,
 *     H)
 * @param b the input matrix, (B, L, G, N); G divides H, and head h reads group h / (H/G)
 * @param c the output matrix, (B, L, G, N)
 * @param initialState the state before the first step, (B, H, P, N); null for zero
 * @param blockLength how many steps become one matrix product, at least 1: it changes time and
 *     memory, not the result
 */
public record StateSpaceDualityArguments(
    ScanPath path,
    NDArray x,
    NDArray a,
    NDArray b,
    NDArray c,
    NDArray initialState,
    int blockLength) {

  /** The block length where none is given: the fastest of 16 to 256, measured on a CPU. */
  public static final int DEFAULT_BLOCK_LENGTH = 64;

  /**
   * Checks that the operands fit each other.
   *
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public StateSpaceDualityArguments {
    HeadSizes sizes = HeadSizes.of(x, b);
    Objects.requireNonNull(a, "a");
    Objects.requireNonNull(c, "C");
    HeadSizes.require("a", a, x, new Shape(sizes.batch(), sizes.tokens(), sizes.heads()));
    HeadSizes.require("C", c, x, b.getShape());
    HeadSizes.require(
        "the initial state",
        initialState,
        x,
        new Shape(sizes.batch(), sizes.heads(), sizes.headSize(), sizes.states()));
    if (path == null) {
      path = ScanPath.raster(Math.toIntExact(sizes.tokens()));
    }
    if (path.tokens() != sizes.tokens()) {
      throw Operands.misfit("the path", "over " + sizes.tokens() + " tokens", path);
    }
    if (blockLength < 1) {
      throw Operands.misfit("the block length", "at least 1", blockLength);
    }
  }

  /**
   * Tokens that follow each other as they lie, from a state of zero, in blocks of {@value
   * #DEFAULT_BLOCK_LENGTH}.
   *
   * @param x the input, already multiplied by the step size, (B, L, H, P)
   * @param a the logarithm of the decay, (B, L, H)
   * @param b the input matrix, (B, L, G, N)
   * @param c the output matrix, (B, L, G, N)
   */
  public StateSpaceDualityArguments(NDArray x, NDArray a, NDArray b, NDArray c) {
    this(null, x, a, b, c, null, DEFAULT_BLOCK_LENGTH);
  }

  /** Refuses operands that have been closed since the checks. */
  void requireOpen() {
    Operands.requireOpen("x", x);
    Operands.requireOpen("a", a);
    Operands.requireOpen("B", b);
    Operands.requireOpen("C", c);
    Operands.requireOpen("the initial state", initialState);
  }
}
