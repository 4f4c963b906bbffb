package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;

/**
 * The short depthwise convolution before a selective scan, which sees a token and those before it
 * on the path, followed by SiLU (Mamba, arXiv:2312.00752, section 3.4):
 *
 * <pre>out[t] = SiLU(bias + sum over k of weight[k] x[t - (K-1) + k]), zeros before the start</pre>
 */
public final class CausalConv1d {
  private CausalConv1d() {}

  /**
   * Runs the convolution with the engine that suits its arrays; gradients as in {@link
   * SelectiveScan#forward}.
   *
   * @param arguments the operands
   * @return (B, L, D), in the manager of the input; for a batch of 0, empty
   * @throws IllegalArgumentException if an operand has been closed, or no engine works on operands
   *     of this type on this device
   */
  public static NDArray forward(CausalConv1dArguments arguments) {
    arguments.requireOpen();
    NDList arrays = arguments.arrays();
    Tape tape = Tape.current();
    ScanEngine engine = ScanEngines.choose(arrays, GradientMode.isOn() && tape == null);
    if (tape == null || engine.isDifferentiable()) {
      return engine.causalConv1d(arguments);
    }
    return tape.record(
        arrays,
        () -> new NDList(engine.causalConv1d(arguments)),
        (saved, outputGradient, gradients) ->
            engine.causalConv1dBackward(arguments, outputGradient, gradients));
  }
}
