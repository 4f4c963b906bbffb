package dev.visionmamba.scans.engine;

/** The inner loops of the CPU engines, over tiles on the heap. Thread-safe. */
interface ScanKernel {

  /** How many neighbouring channels are worked on at once; lengths below are multiples of it. */
  int lanes();

  /** x = log(1 + exp(x + bias)). */
  void softplus(float[] x, float[] bias, int length);

  /** out = 1 / (1 + exp(-x)); out is not x. */
  void sigmoid(float[] x, float[] out, int length);

  /** x = SiLU(x) = x / (1 + exp(-x)). */
  void silu(float[] x, int length);

  /**
   * out = 1 - exp(-x) for x at least 0: the derivative of softplus, from its value. out is not x.
   */
  void oneMinusExpOfMinus(float[] x, float[] out, int length);

  /** c[cFrom + i] += a[aFrom + i] * b[bFrom + i]. */
  void multiplyAdd(float[] a, int aFrom, float[] b, int bFrom, float[] c, int cFrom, int length);

  /**
   * out[t] = SiLU(bias + sum over k of weight[k] x[t + k]) for rows [row][stride].
   *
   * @param x taps - 1 rows more than out
   */
  void convolve(
      float[] x, float[] weight, float[] bias, int taps, float[] out, int rows, int stride);

  /**
   * A row of a 3x3 depthwise convolution: out[w] = bias + sum over i, j of weight[i, j] rows[i][w +
   * j].
   *
   * @param rows three, [width + 2][stride] each
   * @param weight [9][stride]
   * @param out [width][stride]
   */
  void convolve(float[][] rows, float[] weight, float[] bias, float[] out, int width, int stride);

  /**
   * Normalises the tokens of a tile: y = (x - mean) scale weight + bias.
   *
   * @param tile its means, scales and y are written; means stay zero in an RMS norm
   */
  void normalize(NormalizationTile tile);

  /** The sum of the lanes x[from...]. */
  float sumOfLanes(float[] x, int from);

  /**
   * delta[t] = sum over r of dt[t, r] weight[r].
   *
   * @param tile its delta is written
   * @param block which of its blocks of channels
   */
  void project(ScanTile tile, int block);

  /**
   * Adds to the gradients of dt and the weight, from that of delta.
   *
   * @param tile where all of them are
   * @param block which of its blocks of channels
   */
  void projectBackward(ScanTile tile, int block);

  /**
   * Walks the steps of a tile: h = exp(delta A) h + delta u B, y += C h + D u.
   *
   * @param tile its y is added to, its state carried on
   * @param block which of its blocks of channels
   */
  void forward(ScanTile tile, int block);

  /**
   * Walks the steps of a tile backwards. Fills the gradients of u and of delta (after softplus) and
   * adds to those of A, B, C and D.
   *
   * @param tile its y is the gradient of the output, its history begins with h before its first
   *     step, and the gradient of its state is carried to the tile before
   * @param block which of its blocks of channels
   */
  void backward(ScanTile tile, int block);
}
