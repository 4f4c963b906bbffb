package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.List;
import java.util.function.Supplier;

/** Runs an engine's passes alike, whether it has a backward pass of its own or leaves it to DJL. */
final class Passes {
  static final List<String> ENGINES = List.of("ndarray", "vector", "plain");

  private Passes() {}

  /** One gradient for each of the arguments' arrays. */
  static NDList gradients(String name, SelectiveScanArguments arguments, NDArray gradient) {
    ScanEngine engine = ScanEngines.named(name);
    return engine.isDifferentiable()
        ? byAutograd(
            arguments.arrays(), gradient, () -> engine.selectiveScan(arguments, false).output())
        : engine.selectiveScanBackward(arguments, gradient);
  }

  /** One gradient for each of the arguments' arrays. */
  static NDList gradients(String name, CausalConv1dArguments arguments, NDArray gradient) {
    ScanEngine engine = ScanEngines.named(name);
    return engine.isDifferentiable()
        ? byAutograd(arguments.arrays(), gradient, () -> engine.causalConv1d(arguments))
        : engine.causalConv1dBackward(arguments, gradient);
  }

  /** One gradient for each of the arguments' arrays, by autograd through the operator. */
  static NDList gradients(NormalizationArguments arguments, NDArray gradient) {
    return byAutograd(arguments.arrays(), gradient, () -> Normalization.forward(arguments));
  }

  /** One gradient for each of the arguments' arrays, by autograd through the operator. */
  static NDList gradients(DepthwiseConv2dArguments arguments, NDArray gradient) {
    return byAutograd(arguments.arrays(), gradient, () -> DepthwiseConv2d.forward(arguments));
  }

  private static NDList byAutograd(NDList arrays, NDArray gradient, Supplier<NDArray> forward) {
    try (GradientCollector collector = gradient.getManager().getEngine().newGradientCollector()) {
      arrays.forEach(array -> array.setRequiresGradient(true));
      collector.backward(forward.get().mul(gradient).sum());
      NDList gradients = new NDList();
      arrays.forEach(array -> gradients.add(array.getGradient()));
      arrays.forEach(array -> array.setRequiresGradient(false));
      return gradients;
    }
  }
}
