package dev.visionmamba.scans.engine;

/**
 * The inner loops in plain Java, for JVMs without the Vector API and for channels that do not fill
 * a vector. The loops over lanes are written so that the compiler can turn them into vector code.
 */
final class PlainKernel implements ScanKernel {
  private static final float LN2 = 0.6931471805599453f;

  private final int lanes;

  /**
   * @param lanes the most channels that a block has
   */
  PlainKernel(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public void forward(ScanBlock block) {
    int width = block.width;
    int steps = block.path.length;
    int states = block.states;
    int row = states * block.lanes;
    float[] u = new float[width];
    float[] delta = new float[width];
    float[] deltaU = new float[width];
    float[] y = new float[width];
    for (int t = 0; t < steps; t++) {
      if (block.checkpoints != null && t % ScanBlock.CHUNK == 0) {
        System.arraycopy(block.state, 0, block.checkpoints, t / ScanBlock.CHUNK * row, row);
      }
      read(block.u, block.batch, block.path[t], block.channel, u);
      readDelta(block, t, delta);
      read(block.y, block.batch, block.path[t], block.channel, y);
      for (int i = 0; i < width; i++) {
        deltaU[i] = delta[i] * u[i];
        y[i] += block.skip[i] * u[i];
      }
      for (int n = 0; n < states; n++) {
        step(
            block.state,
            block.logDecay,
            n * block.lanes,
            delta,
            deltaU,
            y,
            width,
            block.b[t * states + n],
            block.c[t * states + n]);
      }
      write(block.y, block.batch, block.path[t], block.channel, y);
    }
  }

  /** One state of all lanes: h = exp(delta A) h + delta u B, y += C h. */
  private static void step(
      float[] state,
      float[] logDecay,
      int from,
      float[] delta,
      float[] deltaU,
      float[] y,
      int width,
      float b,
      float c) {
    for (int i = 0; i < width; i++) {
      float h = state[from + i];
      float m = powerOfTwoMinusOne(delta[i] * logDecay[from + i]);
      h = h + m * h + deltaU[i] * b;
      state[from + i] = h;
      y[i] += c * h;
    }
  }

  /**
   * 2^x - 1 for x at most 0, without the bit tricks that keep a compiler from vectorising: a
   * polynomial at x/32 (relative error 1.4e-7), then five doublings (1 + m)^2 - 1 = m (m + 2).
   * Clamped where the power is below 3e-8.
   */
  private static float powerOfTwoMinusOne(float x) {
    float z = Math.max(x * (LN2 / 32f), -0.55f);
    float m =
        z
            * (0.99999989f
                + z * (0.49998988f + z * (0.16651757f + z * (0.04089083f + z * 0.00664941f))));
    m = m * (m + 2f);
    m = m * (m + 2f);
    m = m * (m + 2f);
    m = m * (m + 2f);
    return m * (m + 2f);
  }

  @Override
  public void backward(ScanBlock block, int chunk) {
    int start = chunk * ScanBlock.CHUNK;
    int end = Math.min(start + ScanBlock.CHUNK, block.path.length);
    int width = block.width;
    int states = block.states;
    int row = states * block.lanes;
    float[] u = new float[width];
    float[] delta = new float[width];
    float[] history = block.history;
    float[] decays = block.decayMinusOne;
    System.arraycopy(block.checkpoints, chunk * row, history, 0, row);
    for (int t = start; t < end; t++) {
      read(block.u, block.batch, block.path[t], block.channel, u);
      readDelta(block, t, delta);
      for (int n = 0; n < states; n++) {
        int at = (t - start) * row + n * block.lanes;
        float b = block.b[t * states + n];
        for (int i = 0; i < width; i++) {
          float m = powerOfTwoMinusOne(delta[i] * block.logDecay[n * block.lanes + i]);
          decays[at + i] = m;
          history[at + row + i] = history[at + i] + m * history[at + i] + delta[i] * u[i] * b;
        }
      }
    }
    for (int t = end - 1; t >= start; t--) {
      stepBack(block, t, (t - start) * row, u, delta);
    }
  }

  private static void stepBack(ScanBlock block, int t, int from, float[] u, float[] delta) {
    int width = block.width;
    int states = block.states;
    int lanes = block.lanes;
    int token = block.path[t];
    float[] dy = new float[width];
    float[] inputSum = new float[width]; // sum over n of dh B
    float[] decaySum = new float[width]; // sum over n of dh exp(delta A) h' A
    read(block.outputGradient, block.batch, token, block.channel, dy);
    read(block.u, block.batch, token, block.channel, u);
    readDelta(block, t, delta);
    for (int n = 0; n < states; n++) {
      int at = from + n * lanes;
      float b = block.b[t * states + n];
      float c = block.c[t * states + n];
      for (int i = 0; i < width; i++) {
        int s = n * lanes + i;
        float m = block.decayMinusOne[at + i];
        float hBefore = block.history[at + i];
        float dh = block.stateGradient[s] + dy[i] * c;
        block.cGradient[at + i] += dy[i] * block.history[at + states * lanes + i];
        block.bGradient[at + i] += dh * delta[i] * u[i];
        inputSum[i] += dh * b;
        float w = dh * (hBefore + m * hBefore);
        decaySum[i] += w * block.logDecay[s];
        block.aGradient[s] += w * delta[i];
        block.stateGradient[s] = dh + m * dh;
      }
    }
    for (int i = 0; i < width; i++) {
      float dDelta = decaySum[i] * LN2 + u[i] * inputSum[i];
      if (block.softplus) {
        dDelta *= -(float) Math.expm1(-delta[i]);
      }
      block.skipGradient[i] += dy[i] * u[i];
      block.biasGradient[i] += dDelta;
      add(
          block.uGradient,
          block.uGradient.at(block.batch, token, block.channel + i),
          block.skip[i] * dy[i] + delta[i] * inputSum[i]);
      add(
          block.deltaGradient,
          block.deltaGradient.at(block.batch, block.parameterPath[t], block.channel + i),
          dDelta);
    }
  }

  @Override
  public void gate(Rows y, Rows z, float scale, int batch, int token, int channel, int width) {
    for (int i = 0; i < width; i++) {
      int at = y.at(batch, token, channel + i);
      float value = y.floats.get(at) * scale;
      if (z != null) {
        float gate = z.floats.get(z.at(batch, token, channel + i));
        value *= gate * sigmoid(gate);
      }
      y.floats.put(at, value);
    }
  }

  @Override
  public void gateBackward(
      Rows y,
      Rows z,
      Rows outputGradient,
      Rows zGradient,
      float scale,
      int batch,
      int token,
      int channel,
      int width) {
    for (int i = 0; i < width; i++) {
      int at = y.at(batch, token, channel + i);
      float dOut = outputGradient.floats.get(outputGradient.at(batch, token, channel + i)) * scale;
      if (z == null) {
        y.floats.put(at, dOut);
        continue;
      }
      float gate = z.floats.get(z.at(batch, token, channel + i));
      add(
          zGradient,
          zGradient.at(batch, token, channel + i),
          dOut * y.floats.get(at) * siluSlope(gate));
      y.floats.put(at, dOut * gate * sigmoid(gate));
    }
  }

  @Override
  public void convolve(ConvolutionBlock block) {
    float[] sum = new float[block.width];
    float[] x = new float[block.width];
    for (int t = 0; t < block.path.length; t++) {
      convolution(block, t, x, sum);
      for (int i = 0; i < block.width; i++) {
        sum[i] *= sigmoid(sum[i]);
      }
      write(block.y, block.batch, block.path[t], block.channel, sum);
    }
  }

  /** bias + sum over k of weight[k] x[t - (K-1) + k], into sum. */
  private static void convolution(ConvolutionBlock block, int t, float[] x, float[] sum) {
    System.arraycopy(block.bias, 0, sum, 0, sum.length);
    for (int k = Math.max(0, block.taps - 1 - t); k < block.taps; k++) {
      read(block.x, block.batch, block.path[t - (block.taps - 1) + k], block.channel, x);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += block.weight[k * block.lanes + i] * x[i];
      }
    }
  }

  @Override
  public void convolveBackward(ConvolutionBlock block) {
    float[] sum = new float[block.width];
    float[] x = new float[block.width];
    float[] dSum = new float[block.width];
    for (int t = 0; t < block.path.length; t++) {
      convolution(block, t, x, sum);
      read(block.outputGradient, block.batch, block.path[t], block.channel, dSum);
      for (int i = 0; i < block.width; i++) {
        dSum[i] *= siluSlope(sum[i]);
        block.biasGradient[i] += dSum[i];
      }
      for (int k = Math.max(0, block.taps - 1 - t); k < block.taps; k++) {
        int token = block.path[t - (block.taps - 1) + k];
        read(block.x, block.batch, token, block.channel, x);
        for (int i = 0; i < block.width; i++) {
          block.weightGradient[k * block.lanes + i] += dSum[i] * x[i];
          add(
              block.xGradient,
              block.xGradient.at(block.batch, token, block.channel + i),
              dSum[i] * block.weight[k * block.lanes + i]);
        }
      }
    }
  }

  private static void readDelta(ScanBlock block, int t, float[] delta) {
    read(block.delta, block.batch, block.parameterPath[t], block.channel, delta);
    for (int i = 0; i < delta.length; i++) {
      float raw = delta[i] + block.bias[i];
      delta[i] = block.softplus ? softplus(raw) : raw;
    }
  }

  private static void read(Rows rows, int batch, int token, int channel, float[] values) {
    rows.floats.get(rows.at(batch, token, channel), values, 0, values.length);
  }

  private static void write(Rows rows, int batch, int token, int channel, float[] values) {
    rows.floats.put(rows.at(batch, token, channel), values, 0, values.length);
  }

  private static void add(Rows rows, int at, float value) {
    rows.floats.put(at, rows.floats.get(at) + value);
  }

  private static float softplus(float x) {
    return Math.max(x, 0f) + (float) Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }

  /** SiLU'(x) = sigmoid (1 + x (1 - sigmoid)). */
  private static float siluSlope(float x) {
    float sigmoid = sigmoid(x);
    return sigmoid * (1 + x * (1 - sigmoid));
  }
}
