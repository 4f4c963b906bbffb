package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngines;

/**
 * The norm of each token over its channels, which surrounds every scan, and the gate that some
 * networks have after it:
 *
 * <pre>
 * y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * weight + bias    layer norm
 * y = x / sqrt(mean(x^2) + epsilon) * weight                                   RMS norm
 * output = y * SiLU(gate)                                                      if there is a gate
 * </pre>
 *
 * <p>Layer norm: Ba et al. 2016, arXiv:1607.06450. RMS norm: Zhang and Sennrich 2019,
 * arXiv:1910.07467.
 */
public final class Normalization {
  private Normalization() {}

  /**
   * Normalises with the engine that suits the arrays; where autograd records, with one that it sees
   * through.
   *
   * @param arguments the operands
   * @return of the shape of x, in its manager
   * @throws IllegalArgumentException if an operand has been closed, or no engine works on operands
   *     of this type on this device
   */
  public static NDArray forward(NormalizationArguments arguments) {
    arguments.requireOpen();
    return ScanEngines.choose(arguments.arrays(), GradientMode.isOn()).normalize(arguments);
  }
}
