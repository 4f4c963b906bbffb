package dev.visionmamba.scans.engine;

/**
 * The inner loops in plain Java, for JVMs without the Vector API. The loops over lanes are written
 * so that the compiler can turn them into vector code: each in a method of its own, over arrays
 * that it takes as arguments, without a branch or a bit trick.
 */
final class PlainKernel implements ScanKernel {
  /** Several vectors of any CPU: the compiler unrolls its vector loops. */
  private static final int LANES = 64;

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void softplus(float[] x, float[] bias, int length) {
    for (int i = 0; i < length; i++) {
      x[i] = PlainMath.softplus(x[i] + bias[i]);
    }
  }

  @Override
  public void sigmoid(float[] x, float[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = PlainMath.sigmoid(x[i]);
    }
  }

  @Override
  public void oneMinusExpOfMinus(float[] x, float[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = PlainMath.oneMinusExpOfMinus(x[i]);
    }
  }

  @Override
  public void convolve(
      float[] x, float[] weight, float[] bias, int taps, float[] out, int rows, int stride) {
    for (int t = 0; t < rows; t++) {
      System.arraycopy(bias, 0, out, t * stride, stride);
      for (int k = 0; k < taps; k++) {
        multiplyAdd(x, (t + k) * stride, weight, k * stride, out, t * stride, stride);
      }
    }
    for (int i = 0; i < rows * stride; i++) {
      out[i] *= PlainMath.sigmoid(out[i]);
    }
  }

  @Override
  public float sumOfLanes(float[] x, int from) {
    float sum = 0f;
    for (int i = from; i < from + LANES; i++) {
      sum += x[i];
    }
    return sum;
  }

  @Override
  public void multiplyAdd(
      float[] a, int aFrom, float[] b, int bFrom, float[] c, int cFrom, int length) {
    for (int i = 0; i < length; i++) {
      c[cFrom + i] += a[aFrom + i] * b[bFrom + i];
    }
  }

  @Override
  public void forward(ScanTile tile, int block) {
    int states = tile.states;
    int column = block * LANES;
    float[] decays = tile.scratch;
    float[] deltaU = tile.sigmoid;
    for (int t = 0; t < tile.steps; t++) {
      int row = t * tile.stride + column;
      multiply(tile.delta, row, tile.u, row, deltaU);
      multiplyAdd(tile.u, row, tile.skip, column, tile.y, row, LANES);
      int j = t * tile.parameterStride + tile.group[block] * states;
      for (int n = 0; n < states; n++) {
        int i = (column * states) + n * LANES;
        decays(tile.delta, row, tile.logDecay, i, decays, 0);
        step(tile.state, i, tile.state, i, decays, 0, deltaU, tile.b[j + n]);
        addScaled(tile.state, i, tile.c[j + n], tile.y, row);
      }
    }
  }

  private static void multiply(float[] a, int aFrom, float[] b, int bFrom, float[] out) {
    for (int i = 0; i < LANES; i++) {
      out[i] = a[aFrom + i] * b[bFrom + i];
    }
  }

  private static void addScaled(float[] x, int from, float factor, float[] sum, int at) {
    for (int i = 0; i < LANES; i++) {
      sum[at + i] += factor * x[from + i];
    }
  }

  /** One state of all lanes: h = exp(delta A) h + delta u B. */
  private static void step(
      float[] before,
      int from,
      float[] after,
      int to,
      float[] decays,
      int at,
      float[] deltaU,
      float b) {
    for (int i = 0; i < LANES; i++) {
      float h = before[from + i];
      after[to + i] = h + decays[at + i] * h + deltaU[i] * b;
    }
  }

  /**
   * exp(delta A) - 1: a polynomial at a 32nd of the exponent (relative error 1.4e-7), then five
   * doublings (1 + m)^2 - 1 = m (m + 2). Clamped where the exponential is below 3e-8, or above 4e7.
   */
  private static void decays(
      float[] delta, int row, float[] logDecay, int from, float[] out, int at) {
    for (int i = 0; i < LANES; i++) {
      float z = delta[row + i] * logDecay[from + i] * (PlainMath.LN2 / 32f);
      z = Math.min(Math.max(z, -0.55f), 0.55f);
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
  public void backward(ScanTile tile, int block) {
    int states = tile.states;
    int column = block * LANES;
    int next = states * LANES;
    float[] deltaU = tile.sigmoid;
    for (int t = 0; t < tile.steps; t++) {
      int row = t * tile.stride + column;
      multiply(tile.delta, row, tile.u, row, deltaU);
      for (int n = 0; n < states; n++) {
        int at = t * next + n * LANES;
        float b = tile.b[t * tile.parameterStride + tile.group[block] * states + n];
        decays(tile.delta, row, tile.logDecay, column * states + n * LANES, tile.decayMinusOne, at);
        step(tile.history, at, tile.history, at + next, tile.decayMinusOne, at, deltaU, b);
      }
    }
    for (int t = tile.steps - 1; t >= 0; t--) {
      stepBack(tile, block, t);
    }
  }

  private static void stepBack(ScanTile tile, int block, int t) {
    int states = tile.states;
    int next = states * LANES;
    int column = block * LANES;
    int row = t * tile.stride + column;
    float[] inputSum = tile.uGradient; // sum over n of dh B
    float[] decaySum = tile.deltaGradient; // sum over n of dh exp(delta A) h' A log2(e)
    java.util.Arrays.fill(inputSum, row, row + LANES, 0f);
    java.util.Arrays.fill(decaySum, row, row + LANES, 0f);
    for (int n = 0; n < states; n++) {
      int at = t * next + n * LANES;
      int matrix = column * states + n * LANES;
      int j = t * tile.parameterStride + tile.group[block] * states + n;
      addScaled(tile.y, row, tile.c[j], tile.stateGradient, matrix); // dh
      addProduct(tile.y, row, tile.history, at + next, tile.cGradient, at);
      addProduct3(tile.stateGradient, matrix, tile.delta, tile.u, row, tile.bGradient, at);
      addScaled(tile.stateGradient, matrix, tile.b[j], inputSum, row);
      addProduct(tile.stateGradient, matrix, tile.decayMinusOne, at, tile.stateGradient, matrix);
      multiply(tile.stateGradient, matrix, tile.history, at, tile.scratch); // dh exp(delta A) h'
      addProduct(tile.scratch, 0, tile.logDecay, matrix, decaySum, row);
      addProduct(tile.scratch, 0, tile.delta, row, tile.aGradient, matrix);
    }
    for (int i = 0; i < LANES; i++) {
      float dy = tile.y[row + i];
      float sum = inputSum[row + i];
      tile.skipGradient[column + i] += dy * tile.u[row + i];
      inputSum[row + i] = tile.skip[column + i] * dy + tile.delta[row + i] * sum;
      decaySum[row + i] = decaySum[row + i] * PlainMath.LN2 + tile.u[row + i] * sum;
    }
  }

  private static void addProduct(float[] a, int aFrom, float[] b, int bFrom, float[] sum, int at) {
    for (int i = 0; i < LANES; i++) {
      sum[at + i] += a[aFrom + i] * b[bFrom + i];
    }
  }

  private static void addProduct3(
      float[] a, int aFrom, float[] b, float[] c, int from, float[] sum, int at) {
    for (int i = 0; i < LANES; i++) {
      sum[at + i] += a[aFrom + i] * b[from + i] * c[from + i];
    }
  }
}
