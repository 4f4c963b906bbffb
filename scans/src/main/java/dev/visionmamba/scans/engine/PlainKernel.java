package dev.visionmamba.scans.engine;

/**
 * The inner loops in plain Java, for JVMs without the Vector API. The loops over lanes are written
 * so that the compiler can turn them into vector code.
 */
final class PlainKernel implements ScanKernel {
  /** As many as the widest vector unit takes. */
  private static final int LANES = 16;

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void softplus(float[] x, float[] scratch, int length) {
    for (int i = 0; i < length; i++) {
      x[i] = PlainMath.softplus(x[i]);
    }
  }

  @Override
  public void sigmoid(float[] x, float[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = PlainMath.sigmoid(x[i]);
    }
  }

  @Override
  public void multiplyAdd(
      float[] a, int aFrom, float[] b, int bFrom, float[] c, int cFrom, int length) {
    for (int i = 0; i < length; i++) {
      c[cFrom + i] += a[aFrom + i] * b[bFrom + i];
    }
  }

  @Override
  public void forward(ScanTile tile, ScanLanes lanes) {
    decaysMinusOne(tile, lanes);
    float[] deltaU = new float[LANES];
    int states = tile.states;
    for (int t = 0; t < tile.steps; t++) {
      int row = t * tile.stride + lanes.offset;
      for (int i = 0; i < LANES; i++) {
        deltaU[i] = tile.delta[row + i] * tile.u[row + i];
        tile.y[row + i] += lanes.skip[i] * tile.u[row + i];
      }
      int j = t * tile.parameterStride + lanes.group * states;
      for (int n = 0; n < states; n++) {
        step(
            lanes.state,
            n * LANES,
            tile.decayMinusOne,
            (t * states + n) * LANES,
            deltaU,
            tile.y,
            row,
            tile.b[j + n],
            tile.c[j + n]);
      }
    }
  }

  /** One state of all lanes: h = exp(delta A) h + delta u B, y += C h. */
  private static void step(
      float[] state,
      int from,
      float[] decays,
      int at,
      float[] deltaU,
      float[] y,
      int row,
      float b,
      float c) {
    for (int i = 0; i < LANES; i++) {
      float h = state[from + i] + decays[at + i] * state[from + i] + deltaU[i] * b;
      state[from + i] = h;
      y[row + i] += c * h;
    }
  }

  /**
   * exp(delta A) - 1, without the bit tricks that keep a compiler from vectorising: a polynomial at
   * a 32nd of the exponent (relative error 1.4e-7), then five doublings (1 + m)^2 - 1 = m (m + 2).
   * Clamped where the exponential is below 3e-8.
   */
  private static void decaysMinusOne(ScanTile tile, ScanLanes lanes) {
    for (int t = 0; t < tile.steps; t++) {
      for (int n = 0; n < tile.states; n++) {
        decays(
            tile.delta,
            t * tile.stride + lanes.offset,
            lanes.logDecay,
            n * LANES,
            tile.decayMinusOne,
            (t * tile.states + n) * LANES);
      }
    }
  }

  private static void decays(
      float[] delta, int row, float[] logDecay, int from, float[] out, int at) {
    for (int i = 0; i < LANES; i++) {
      float z = Math.max(delta[row + i] * logDecay[from + i] * (PlainMath.LN2 / 32f), -0.55f);
      float m =
          z
              * (0.99999989f
                  + z * (0.49998988f + z * (0.16651757f + z * (0.04089083f + z * 0.00664941f))));
      m = m * (m + 2f);
      m = m * (m + 2f);
      m = m * (m + 2f);
      m = m * (m + 2f);
      out[at + i] = m * (m + 2f);
    }
  }

  @Override
  public void backward(ScanTile tile, ScanLanes lanes, float[] before) {
    decaysMinusOne(tile, lanes);
    int states = tile.states;
    int next = states * LANES;
    float[] history = tile.history;
    System.arraycopy(before, 0, history, 0, next);
    for (int t = 0; t < tile.steps; t++) {
      int row = t * tile.stride + lanes.offset;
      for (int n = 0; n < states; n++) {
        int at = t * next + n * LANES;
        float b = tile.b[t * tile.parameterStride + lanes.group * states + n];
        for (int i = 0; i < LANES; i++) {
          history[at + next + i] =
              history[at + i]
                  + tile.decayMinusOne[at + i] * history[at + i]
                  + tile.delta[row + i] * tile.u[row + i] * b;
        }
      }
    }
    for (int t = tile.steps - 1; t >= 0; t--) {
      stepBack(tile, lanes, t);
    }
  }

  private static void stepBack(ScanTile tile, ScanLanes lanes, int t) {
    int states = tile.states;
    int next = states * LANES;
    int row = t * tile.stride + lanes.offset;
    float[] inputSum = new float[LANES]; // sum over n of dh B
    float[] decaySum = new float[LANES]; // sum over n of dh exp(delta A) h' A
    for (int n = 0; n < states; n++) {
      int at = t * next + n * LANES;
      int j = t * tile.parameterStride + lanes.group * states + n;
      for (int i = 0; i < LANES; i++) {
        int s = n * LANES + i;
        float dy = tile.y[row + i];
        float delta = tile.delta[row + i];
        float m = tile.decayMinusOne[at + i];
        float dh = lanes.stateGradient[s] + dy * tile.c[j];
        tile.cGradient[at + i] += dy * tile.history[at + next + i];
        tile.bGradient[at + i] += dh * delta * tile.u[row + i];
        inputSum[i] += dh * tile.b[j];
        float w = dh * (tile.history[at + i] + m * tile.history[at + i]);
        decaySum[i] += w * lanes.logDecay[s];
        lanes.aGradient[s] += w * delta;
        lanes.stateGradient[s] = dh + m * dh;
      }
    }
    for (int i = 0; i < LANES; i++) {
      float dy = tile.y[row + i];
      lanes.skipGradient[i] += dy * tile.u[row + i];
      tile.uGradient[row + i] = lanes.skip[i] * dy + tile.delta[row + i] * inputSum[i];
      tile.deltaGradient[row + i] = decaySum[i] * PlainMath.LN2 + tile.u[row + i] * inputSum[i];
    }
  }
}
