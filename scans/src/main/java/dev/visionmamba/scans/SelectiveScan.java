package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;

/**
 * The selective state-space recurrence S6 (Mamba, Gu and Dao 2023, arXiv:2312.00752, algorithm 2),
 * along several paths at once. For each direction, channel i and state n:
 *
 * <pre>
 * delta' = softplus(delta + bias)          (delta W^T + bias where a delta weight W is given)
 * h[t] = exp(delta'[t] A[n]) h[t-1] + delta'[t] B[t, n] u[t]
 * y[t] = sum over n of C[t, n] h[t, n]  +  D u[t]
 * </pre>
 *
 * Step t reads and writes token {@code path[t]}, so nothing is permuted; the outputs of the
 * directions are merged where they land and multiplied by SiLU(z).
 *
 * <p>Tokens in float16 are scanned with states and sums in float32, in every engine, and so are the
 * gradients are summed; the output and the last states stay float32. A trained network may well
 * compute what float16 cannot hold, and norm it then.
 *
 * <p>A NaN or an infinity among the operands is no error: it goes where the equations take it. In u
 * or delta of a channel it makes that channel's outputs NaN or infinite from the step that reads it
 * to the end of that sequence's path, in B those of all channels of the group, in a delta that is
 * projected those of all channels, in C and z those of its token, in A, D and a row of the delta
 * weight those of its channel in all sequences. Nothing else changes, in any engine.
 */
public final class SelectiveScan {
  private SelectiveScan() {}

  /**
   * Runs the scan with the engine that suits its arrays. Inside a {@link
   * dev.visionmamba.scans.autograd.ScanTrainer} gradients flow through any engine; where autograd
   * is on without one, DJL's own operations are used.
   *
   * @param arguments the operands
   * @return (B, L, D), of the type of u, or float32 where that is float16, in the manager of the
   *     first direction's input; for a batch of 0, empty
   * @throws IllegalArgumentException if an operand has been closed, or no engine works on operands
   *     of this type on this device
   */
  public static NDArray forward(SelectiveScanArguments arguments) {
    arguments.requireOpen();
    NDList arrays = arguments.arrays();
    Tape tape = Tape.current();
    ScanEngine engine = ScanEngines.choose(arrays, GradientMode.isOn() && tape == null);
    if (tape == null || engine.isDifferentiable()) {
      return engine.selectiveScan(arguments, false).output();
    }
    return tape.record(
        arrays,
        () -> {
          ScanResult result = engine.selectiveScanForBackward(arguments);
          NDList outputAndSaved = new NDList(result.output());
          outputAndSaved.addAll(result.saved());
          return outputAndSaved;
        },
        (saved, outputGradient, gradients) ->
            engine.selectiveScanBackward(arguments, saved, outputGradient, gradients));
  }

  /**
   * Runs the scan and keeps the state after the last step of each direction. For inference: no
   * gradient flows back.
   *
   * @param arguments the operands
   * @return the output (B, L, D) and for each direction its last state (B, D, N)
   * @throws IllegalArgumentException as for {@link #forward}
   */
  public static ScanResult forwardWithLastState(SelectiveScanArguments arguments) {
    arguments.requireOpen();
    try (GradientMode off = GradientMode.off()) {
      return ScanEngines.choose(arguments.arrays(), false).selectiveScan(arguments, true);
    }
  }

  /**
   * The gradients of every array that a scan reads.
   *
   * @param arguments the operands
   * @param outputGradient (B, L, D), of the output's type and on its device
   * @return one gradient for each of {@link SelectiveScanArguments#arrays()}, of its shape
   * @throws IllegalArgumentException if the gradient is not like the output, and as for {@link
   *     #forward}
   */
  public static NDList backward(SelectiveScanArguments arguments, NDArray outputGradient) {
    arguments.requireOpen();
    arguments.requireOutputGradient(outputGradient);
    try (GradientMode off = GradientMode.off()) {
      NDList arrays = arguments.arrays();
      arrays.add(outputGradient);
      return ScanEngines.choose(arrays, false).selectiveScanBackward(arguments, outputGradient);
    }
  }
}
