package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;

/**
 * What a {@linkplain CausalConv1d causal convolution} works on.
 *
 * @param path the order in which tokens follow each other; it visits every token
 * @param x the input, (B, L, D)
 * @param weight one filter a channel, (D, K) or (D, 1, K); tap K-1 is the token itself
 * @param bias (D); null for none
 */
public record CausalConv1dArguments(ScanPath path, Columns x, NDArray weight, NDArray bias) {

  /**
   * Checks that the shapes fit each other.
   *
   * @throws IllegalArgumentException naming the operand that does not fit
   */
  public CausalConv1dArguments {
    Shape shape = weight.getShape();
    int channels = x.width();
    boolean fits =
        (shape.dimension() == 2 || (shape.dimension() == 3 && shape.get(1) == 1))
            && shape.get(0) == channels;
    if (!fits) {
      throw new IllegalArgumentException(
          "the weight must be (" + channels + ", taps), but is " + shape);
    }
    if (bias != null && !bias.getShape().equals(new Shape(channels))) {
      throw new IllegalArgumentException(
          "the bias must be (" + channels + "), but is " + bias.getShape());
    }
    if (path.tokens() != x.array().getShape().get(1) || path.steps() != path.tokens()) {
      throw new IllegalArgumentException(
          "the path must visit each of the "
              + x.array().getShape().get(1)
              + " tokens, but is "
              + path);
    }
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
