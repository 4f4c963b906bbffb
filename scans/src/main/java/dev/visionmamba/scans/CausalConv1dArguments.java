package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/**
 * What a {@linkplain CausalConv1d causal convolution} works on: arrays of one floating-point type
 * and on one device; where x is float16, the weight and the bias may be float32.
 *
 * @param path the order in which tokens follow each other; it visits every token
 * @param x the input, (B, L, D)
 * @param weight one filter a channel, (D, K) or (D, 1, K); tap K-1 is the token itself
 * @param bias (D); null for none
 */
public record CausalConv1dArguments(ScanPath path, Columns x, NDArray weight, NDArray bias) {

  /**
   * Checks that the operands fit each other: their shapes, one floating-point type, one device.
   *
   * @throws NullPointerException naming the operand that is missing
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public CausalConv1dArguments {
    Objects.requireNonNull(path, "path");
    int channels = Objects.requireNonNull(x, "x").width();
    Shape input = Operands.shape("x", x.array());
    Shape filters = Operands.shape("the weight", weight);
    int dimensions = filters.dimension();
    boolean fits =
        (dimensions == 2 || (dimensions == 3 && filters.get(1) == 1))
            && filters.get(0) == channels
            && filters.get(dimensions - 1) > 0;
    if (!fits) {
      throw Operands.misfit("the weight", "(" + channels + ", taps)", filters);
    }
    Operands.requireVector("the bias", bias, channels);
    if (path.tokens() != input.get(1) || path.steps() != path.tokens()) {
      throw new IllegalArgumentException(
          "the path must visit each of the " + input.get(1) + " tokens, but is " + path);
    }
    Operands.requireFloating("x", x.array());
    Operands.requireParameter("the weight", weight, "x", x.array());
    Operands.requireParameter("the bias", bias, "x", x.array());
  }

  /** Refuses operands that have been closed since the checks. */
  void requireOpen() {
    Operands.requireOpen("x", x.array());
    Operands.requireOpen("the weight", weight);
    Operands.requireOpen("the bias", bias);
  }

  /**
   * K, the width of the filters.
   *
   * @return at least 1
   */
  public int taps() {
    return Math.toIntExact(weight.getShape().get(weight.getShape().dimension() - 1));
  }

  /**
   * D, the number of channels.
   *
   * @return at least 1
   */
  public int channels() {
    return x.width();
  }

  /**
   * Every array that the convolution reads, each once, in a fixed order.
   *
   * @return x's array, the weight, the bias if there is one
   */
  public NDList arrays() {
    NDList arrays = new NDList(x.array(), weight);
    if (bias != null) {
      arrays.add(bias);
    }
    return arrays;
  }
}
