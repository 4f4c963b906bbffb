package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngines;

/**
 * The depthwise convolution before a 2-D selective scan, followed by SiLU (VMamba,
 * arXiv:2401.10166, section 4.2):
 *
 * <pre>out[h, w] = SiLU(bias + sum over i, j of weight[i, j] x[h + i - K/2, w + j - K/2])</pre>
 *
 * <p>with zeros around the map.
 */
public final class DepthwiseConv2d {
  private DepthwiseConv2d() {}

  /**
   * Convolves with the engine that suits the arrays; where autograd records, with one that it sees
   * through.
   *
   * @param arguments the operands
   * @return (B, H*W, D), in the manager of the input
   * @throws IllegalArgumentException if an operand has been closed, or no engine works on operands
   *     of this type on this device
   */
  public static NDArray forward(DepthwiseConv2dArguments arguments) {
    arguments.requireOpen();
    return ScanEngines.choose(arguments.arrays(), GradientMode.isOn()).depthwiseConv2d(arguments);
  }
}
