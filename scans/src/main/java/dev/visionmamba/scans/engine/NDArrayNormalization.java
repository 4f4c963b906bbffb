package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.LayerNorm;
import dev.visionmamba.scans.NormalizationArguments;

/** Norms in DJL's own operations: any device and floating-point type, differentiable. */
final class NDArrayNormalization {
  private NDArrayNormalization() {}

  static NDArray forward(NormalizationArguments arguments) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray y = normalized(arguments);
      if (arguments.gate() != null) {
        NDArray gate = arguments.gate().toArray().reshape(y.getShape());
        y = y.mul(NDArrayEngine.silu(gate));
      }
      NDScope.unregister(y);
      return y;
    }
  }

  private static NDArray normalized(NormalizationArguments arguments) {
    NDArray x = arguments.x();
    if (arguments.bias() != null) {
      Shape channels = new Shape(arguments.channels());
      return LayerNorm.layerNorm(
              x, channels, arguments.weight(), arguments.bias(), arguments.epsilon())
          .head();
    }
    NDArray meanSquare = x.square().mean(new int[] {x.getShape().dimension() - 1}, true);
    NDArray rms = meanSquare.add(arguments.epsilon()).sqrt(); // (..., 1)
    return x.div(rms).mul(arguments.weight());
  }
}
