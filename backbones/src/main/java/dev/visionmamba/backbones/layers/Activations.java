package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import dev.visionmamba.scans.autograd.GradientMode;

/** Activation functions that DJL has no single operation for. */
public final class Activations {
  private Activations() {}

  /**
   * SiLU(x) = x sigmoid(x).
   *
   * @param x any array
   * @return of the same shape
   */
  public static NDArray silu(NDArray x) {
    NDArray gate = Activation.sigmoid(x);
    if (!GradientMode.isOn()) {
      return gate.muli(x);
    }
    try (gate) {
      return x.mul(gate);
    }
  }
}
