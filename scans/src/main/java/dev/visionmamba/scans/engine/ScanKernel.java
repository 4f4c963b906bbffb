package dev.visionmamba.scans.engine;

/** The inner loops of the CPU engines, over tiles on the heap. Stateless. */
interface ScanKernel {

  /** How many neighbouring channels are worked on at once; lengths below are multiples of it. */
  int lanes();

  /** x = log(1 + exp(x)). */
  void softplus(float[] x, float[] scratch, int length);

  /** out = 1 / (1 + exp(-x)); out is not x. */
  void sigmoid(float[] x, float[] out, int length);

  /** c[cFrom + i] += a[aFrom + i] * b[bFrom + i]. */
  void multiplyAdd(float[] a, int aFrom, float[] b, int bFrom, float[] c, int cFrom, int length);

  /**
   * Walks the steps of a tile: h = exp(delta A) h + delta u B, y += C h + D u.
   *
   * @param tile its y is added to
   * @param lanes their state is carried on
   */
  void forward(ScanTile tile, ScanLanes lanes);

  /**
   * Walks the steps of a tile backwards. Fills the gradients of u and of delta (after softplus) and
   * adds to those of B and C.
   *
   * @param tile its y is the gradient of the output
   * @param lanes their gradients are added to, the gradient of their state is carried to the tile
   *     before
   * @param before h before the tile, [state][lane]
   */
  void backward(ScanTile tile, ScanLanes lanes, float[] before);
}
