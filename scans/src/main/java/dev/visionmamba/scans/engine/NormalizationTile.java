package dev.visionmamba.scans.engine;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Some tokens on the heap, [token][channel], where kernels normalise them. One worker reuses it for
 * norm after norm, so its arrays may be longer than a norm needs.
 */
final class NormalizationTile {
  /** So many floats are read at once, unless a token has more. */
  private static final int FLOATS = 4096;

  private final ScanKernel kernel;

  int channels;

  /** How many tokens the tile holds now. */
  int tokens;

  float epsilon;

  /** Whether the mean is subtracted: a layer norm. */
  boolean centred;

  float[] x = {};
  float[] y = {};

  /** (D), the bias zero where there is none. */
  float[] weight = {};

  float[] bias = {};

  /** Of each token: its mean (zero for an RMS norm) and what its distance from that is times. */
  float[] mean = {};

  float[] scale = {};

  /** Sums that are not yet those of all lanes, [token][lane]. */
  float[] sums = {};

  private float[] gate = {};

  NormalizationTile(ScanKernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Makes ready for a norm.
   *
   * @param bias null for an RMS norm
   */
  void open(FloatBuffer weight, FloatBuffer bias, float epsilon) {
    this.channels = weight.capacity();
    this.epsilon = epsilon;
    this.centred = bias != null;
    this.weight = ScanTile.grown(this.weight, channels);
    this.bias = ScanTile.grown(this.bias, channels);
    weight.get(0, this.weight, 0, channels);
    if (bias == null) {
      Arrays.fill(this.bias, 0, channels, 0f);
    } else {
      bias.get(0, this.bias, 0, channels);
    }
    int floats = most() * channels;
    x = ScanTile.grown(x, floats);
    y = ScanTile.grown(y, floats);
    mean = ScanTile.grown(mean, most());
    scale = ScanTile.grown(scale, most());
    sums = ScanTile.grown(sums, most() * kernel.lanes());
    Arrays.fill(mean, 0f);
  }

  /** How many tokens it can hold. */
  int most() {
    return Math.max(1, FLOATS / channels);
  }

  /**
   * Normalises tokens first..first+count-1.
   *
   * @param gates null for none
   */
  void forward(FloatBuffer from, Rows gates, FloatBuffer to, int first, int count) {
    int length = count * channels;
    tokens = count;
    from.get(first * channels, x, 0, length);
    kernel.normalize(this);
    if (gates != null) {
      applyGate(gates, first, length);
    }
    to.put(first * channels, y, 0, length);
  }

  /** y = y * SiLU(gate). */
  private void applyGate(Rows gates, int first, int length) {
    gate = ScanTile.grown(gate, length);
    for (int i = 0; i < tokens; i++) {
      gates.get(0, first + i, 0, channels, gate, i * channels); // as if all were one sequence
    }
    int lanes = kernel.lanes();
    kernel.silu(gate, (length + lanes - 1) / lanes * lanes);
    multiply(y, gate, length);
  }

  private static void multiply(float[] y, float[] factors, int length) {
    for (int i = 0; i < length; i++) {
      y[i] *= factors[i];
    }
  }
}
