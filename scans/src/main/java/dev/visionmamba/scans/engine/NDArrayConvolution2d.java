package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import dev.visionmamba.scans.DepthwiseConv2dArguments;

/** Depthwise convolutions in DJL's own operations: any device and type, differentiable. */
final class NDArrayConvolution2d {
  private static final Shape ONE = new Shape(1, 1);

  private NDArrayConvolution2d() {}

  static NDArray forward(DepthwiseConv2dArguments arguments) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray tokens = arguments.x().toArray(); // (B, L, D)
      Shape shape = tokens.getShape();
      long channels = arguments.channels();
      Shape map = new Shape(shape.get(0), arguments.height(), arguments.width(), channels);
      Shape padding = new Shape(arguments.kernel() / 2, arguments.kernel() / 2);
      // A transposed view of a contiguous array is what libtorch calls channels-last.
      NDArray y =
          Conv2d.conv2d(
                  tokens.reshape(map).transpose(0, 3, 1, 2), // (B, D, H, W)
                  inTypeOf(tokens, arguments.weight()),
                  inTypeOf(tokens, arguments.bias()),
                  ONE,
                  padding,
                  ONE,
                  Math.toIntExact(channels))
              .head();
      NDArray active = NDArrayEngine.silu(y).transpose(0, 2, 3, 1).reshape(shape);
      NDScope.unregister(active);
      return active;
    }
  }

  /** A parameter, null for none, may be finer than x. */
  private static NDArray inTypeOf(NDArray x, NDArray parameter) {
    return parameter == null || parameter.getDataType() == x.getDataType()
        ? parameter
        : parameter.toType(x.getDataType(), false);
  }
}
