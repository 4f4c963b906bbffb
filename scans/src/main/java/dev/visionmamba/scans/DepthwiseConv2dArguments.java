package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/**
 * What a {@linkplain DepthwiseConv2d depthwise convolution} works on: arrays of one floating-point
 * type and on one device; where x is float16, the weight and the bias may be float32.
 *
 * @param x the map, (B, H*W, D), row by row
 * @param height H
 * @param width W
 * @param weight one filter a channel, (D, 1, K, K), K odd
 * @param bias (D); null for none
 */
public record DepthwiseConv2dArguments(
    Columns x, int height, int width, NDArray weight, NDArray bias) {

  /**
   * Checks that the operands fit each other: their shapes, one floating-point type, one device.
   *
   * @throws NullPointerException naming the operand that is missing
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public DepthwiseConv2dArguments {
    int channels = Objects.requireNonNull(x, "x").width();
    Shape input = Operands.shape("x", x.array());
    String size = height + "x" + width;
    if (height < 1 || width < 1) {
      throw Operands.misfit("a map", "at least 1x1", size + " (height x width)");
    }
    long tokens = (long) height * width;
    if (tokens != input.get(1)) {
      throw new IllegalArgumentException(
          "x must have the " + tokens + " tokens of a map of " + size + ", but is " + input);
    }
    Shape filters = Operands.shape("the weight", weight);
    boolean fits =
        filters.dimension() == 4
            && filters.get(0) == channels
            && filters.get(1) == 1
            && filters.get(2) == filters.get(3)
            && filters.get(2) % 2 == 1;
    if (!fits) {
      throw Operands.misfit("the weight", "(" + channels + ", 1, K, K), with K odd", filters);
    }
    Operands.requireVector("the bias", bias, channels);
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
   * K, the height and width of the filters.
   *
   * @return odd
   */
  public int kernel() {
    return Math.toIntExact(weight.getShape().get(2));
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
   * Every array that the convolution reads, in a fixed order.
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
