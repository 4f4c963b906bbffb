package dev.visionmamba.scans.engine;

import java.util.Arrays;

/**
 * The inner loops in plain Java, for JVMs without the Vector API. A compiler turns a loop over
 * arrays into vector code only where all are indexed alike, so rows and states are first copied to
 * arrays of one block each.
 */
final class PlainKernel implements ScanKernel {
  /** Several vectors of any CPU: the compiler unrolls its vector loops. */
  private static final int LANES = 64;

  private final ThreadLocal<Block> blocks = ThreadLocal.withInitial(Block::new);

  /** A block of channels of a tile: its rows [step][lane], and what belongs to one state. */
  private static final class Block {
    float[][] delta = {};
    float[][] u;
    float[][] deltaU;
    float[][] y;
    float[][] history; // h before each step and after the last
    float[][] decays;
    float[][] inputSum; // sum over n of dh B
    float[][] decaySum; // sum over n of dh exp(delta A) h' A log2(e)
    final float[] state = new float[LANES];
    final float[] logDecay = new float[LANES];
    final float[] decay = new float[LANES];
    final float[] skip = new float[LANES];
    final float[] aGradient = new float[LANES];
    final float[] product = new float[LANES];
    final float[] sum = new float[LANES];

    /** Copies the rows of a tile's block. */
    void read(ScanTile tile, int block) {
      reserve(tile);
      int column = block * LANES;
      for (int t = 0, row = column; t < tile.steps; t++, row += tile.stride) {
        System.arraycopy(tile.delta, row, delta[t], 0, LANES);
        System.arraycopy(tile.u, tile.rows[t] + column, u[t], 0, LANES);
        System.arraycopy(tile.y, tile.rows[t] + column, y[t], 0, LANES);
        multiply(delta[t], u[t], deltaU[t]);
      }
      System.arraycopy(tile.skip, column, skip, 0, LANES);
    }

    void reserve(ScanTile tile) {
      if (delta.length < tile.steps) {
        delta = new float[tile.steps][LANES];
        u = new float[tile.steps][LANES];
        deltaU = new float[tile.steps][LANES];
        y = new float[tile.steps][LANES];
        history = new float[tile.steps + 1][LANES];
        decays = new float[tile.steps][LANES];
        inputSum = new float[tile.steps][LANES];
        decaySum = new float[tile.steps][LANES];
      }
    }
  }

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
  public void silu(float[] x, int length) {
    for (int i = 0; i < length; i++) {
      x[i] *= PlainMath.sigmoid(x[i]);
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
    silu(out, rows * stride);
  }

  @Override
  public void convolve(
      float[][] rows, float[] weight, float[] bias, float[] out, int width, int stride) {
    for (int i = 0; i < width; i++) {
      System.arraycopy(bias, 0, out, i * stride, stride);
      for (int k = 0; k < 9; k++) {
        int from = (i + k % 3) * stride;
        multiplyAdd(rows[k / 3], from, weight, k * stride, out, i * stride, stride);
      }
    }
  }

  @Override
  public void normalize(NormalizationTile tile) {
    PlainNormalization.normalize(tile);
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
  public void project(ScanTile tile, int block) {
    Block at = blocks.get();
    at.reserve(tile);
    float[] weight = at.product;
    for (int t = 0; t < tile.steps; t++) {
      Arrays.fill(at.delta[t], 0f);
    }
    for (int r = 0; r < tile.rank; r++) {
      System.arraycopy(tile.deltaWeight, (block * tile.rank + r) * LANES, weight, 0, LANES);
      for (int t = 0; t < tile.steps; t++) {
        addScaled(weight, tile.parameters[tile.parameterRows[t] + r], at.delta[t]);
      }
    }
    for (int t = 0; t < tile.steps; t++) {
      System.arraycopy(at.delta[t], 0, tile.delta, t * tile.stride + block * LANES, LANES);
    }
  }

  @Override
  public void projectBackward(ScanTile tile, int block) {
    Block at = blocks.get();
    at.reserve(tile);
    for (int t = 0; t < tile.steps; t++) {
      int row = t * tile.stride + block * LANES;
      System.arraycopy(tile.deltaGradient, row, at.delta[t], 0, LANES);
    }
    for (int r = 0; r < tile.rank; r++) {
      int i = (block * tile.rank + r) * LANES;
      System.arraycopy(tile.deltaWeight, i, at.product, 0, LANES);
      System.arraycopy(tile.deltaWeightGradient, i, at.sum, 0, LANES);
      for (int t = 0; t < tile.steps; t++) {
        float[] gradient = at.delta[t];
        addScaled(gradient, tile.parameters[t * tile.parameterStride + r], at.sum);
        int to = (t * tile.rank + r) * LANES;
        for (int lane = 0; lane < LANES; lane++) {
          tile.dtGradient[to + lane] += gradient[lane] * at.product[lane];
        }
      }
      System.arraycopy(at.sum, 0, tile.deltaWeightGradient, i, LANES);
    }
  }

  @Override
  public void forward(ScanTile tile, int block) {
    Block of = blocks.get();
    of.read(tile, block);
    int states = tile.states;
    for (int t = 0; t < tile.steps; t++) {
      addProduct(of.u[t], of.skip, of.y[t]);
    }
    for (int n = 0; n < states; n++) {
      int matrix = (block * states + n) * LANES;
      System.arraycopy(tile.logDecay, matrix, of.logDecay, 0, LANES);
      System.arraycopy(tile.state, matrix, of.state, 0, LANES);
      for (int t = 0; t < tile.steps; t++) {
        int j = tile.parameterRows[t] + tile.columnOfB(block) + n;
        decays(of.delta[t], of.logDecay, of.decay);
        step(of.state, of.decay, of.deltaU[t], tile.parameters[j]);
        addScaled(of.state, tile.parameters[j + tile.toC], of.y[t]);
      }
      System.arraycopy(of.state, 0, tile.state, matrix, LANES);
    }
    for (int t = 0; t < tile.steps; t++) {
      System.arraycopy(of.y[t], 0, tile.y, tile.rows[t] + block * LANES, LANES);
    }
  }

  @Override
  public void backward(ScanTile tile, int block) {
    Block of = blocks.get();
    of.read(tile, block);
    for (int t = 0; t < tile.steps; t++) {
      Arrays.fill(of.inputSum[t], 0f);
      Arrays.fill(of.decaySum[t], 0f);
    }
    for (int n = 0; n < tile.states; n++) {
      recompute(tile, of, block, n);
      walkBack(tile, of, block, n);
    }
    int column = block * LANES;
    for (int t = 0, row = column; t < tile.steps; t++, row += tile.stride) {
      for (int i = 0; i < LANES; i++) {
        float dy = of.y[t][i];
        float sum = of.inputSum[t][i];
        tile.skipGradient[column + i] += dy * of.u[t][i];
        tile.uGradient[row + i] = of.skip[i] * dy + of.delta[t][i] * sum;
        tile.deltaGradient[row + i] = of.decaySum[t][i] * PlainMath.LN2 + of.u[t][i] * sum;
      }
    }
  }

  /** State n at every step of the tile once more, with its decays. */
  private static void recompute(ScanTile tile, Block of, int block, int n) {
    int states = tile.states;
    System.arraycopy(tile.logDecay, (block * states + n) * LANES, of.logDecay, 0, LANES);
    System.arraycopy(tile.history, n * LANES, of.history[0], 0, LANES);
    int j = tile.columnOfB(block) + n;
    for (int t = 0; t < tile.steps; t++, j += tile.parameterStride) {
      decays(of.delta[t], of.logDecay, of.decays[t]);
      System.arraycopy(of.history[t], 0, of.history[t + 1], 0, LANES);
      step(of.history[t + 1], of.decays[t], of.deltaU[t], tile.parameters[j]);
    }
  }

  private static void walkBack(ScanTile tile, Block of, int block, int n) {
    int states = tile.states;
    int matrix = (block * states + n) * LANES;
    float[] dh = of.state;
    System.arraycopy(tile.stateGradient, matrix, dh, 0, LANES);
    System.arraycopy(tile.aGradient, matrix, of.aGradient, 0, LANES);
    for (int t = tile.steps - 1; t >= 0; t--) {
      int at = (t * states + n) * LANES;
      int j = t * tile.parameterStride + tile.columnOfB(block) + n;
      addScaled(of.y[t], tile.parameters[j + tile.toC], dh);
      addTo(of.y[t], of.history[t + 1], tile.cGradient, at, of.sum);
      addTo(dh, of.deltaU[t], tile.bGradient, at, of.sum);
      addScaled(dh, tile.parameters[j], of.inputSum[t]);
      addProduct(dh, of.decays[t], dh); // exp(delta A) dh
      multiply(dh, of.history[t], of.product);
      addProduct(of.product, of.logDecay, of.decaySum[t]);
      addProduct(of.product, of.delta[t], of.aGradient);
    }
    System.arraycopy(dh, 0, tile.stateGradient, matrix, LANES);
    System.arraycopy(of.aGradient, 0, tile.aGradient, matrix, LANES);
  }

  private static void multiply(float[] a, float[] b, float[] out) {
    for (int i = 0; i < LANES; i++) {
      out[i] = a[i] * b[i];
    }
  }

  private static void addProduct(float[] a, float[] b, float[] sum) {
    for (int i = 0; i < LANES; i++) {
      sum[i] += a[i] * b[i];
    }
  }

  private static void addScaled(float[] x, float factor, float[] sum) {
    for (int i = 0; i < LANES; i++) {
      sum[i] += factor * x[i];
    }
  }

  /** sums[at...] += a * b. */
  private static void addTo(float[] a, float[] b, float[] sums, int at, float[] scratch) {
    System.arraycopy(sums, at, scratch, 0, LANES);
    addProduct(a, b, scratch);
    System.arraycopy(scratch, 0, sums, at, LANES);
  }

  /** One state of all lanes: h = exp(delta A) h + delta u B. */
  private static void step(float[] h, float[] decay, float[] deltaU, float b) {
    for (int i = 0; i < LANES; i++) {
      h[i] = h[i] + decay[i] * h[i] + deltaU[i] * b;
    }
  }

  /**
   * exp(delta A) - 1: a polynomial at a 32nd of the exponent (relative error 1.4e-7), then five
   * doublings (1 + m)^2 - 1 = m (m + 2). Clamped where the exponential is below 3e-8, or above 4e7.
   */
  private static void decays(float[] delta, float[] logDecay, float[] out) {
    for (int i = 0; i < LANES; i++) {
      float z = delta[i] * logDecay[i] * (PlainMath.LN2 / 32f);
      z = Math.min(Math.max(z, -0.55f), 0.55f);
      float m =
          z
              * (0.99999989f
                  + z * (0.49998988f + z * (0.16651757f + z * (0.04089083f + z * 0.00664941f))));
      m = m * (m + 2f);
      m = m * (m + 2f);
      m = m * (m + 2f);
      m = m * (m + 2f);
      out[i] = m * (m + 2f);
    }
  }
}
