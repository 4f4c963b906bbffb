package dev.visionmamba.scans.engine;

import java.util.Arrays;

/**
 * Some steps of one sequence along one direction, on the heap, where kernels work on them, and what
 * is carried from tile to tile. One worker reuses it for scan after scan, so its arrays may be
 * longer than a scan needs.
 *
 * <p>A block is as many neighbouring channels of one group as a kernel works on at once. The
 * columns of a row are its blocks side by side, a block's last lanes zero where its group has no
 * more channels. Matrices are [block][state][lane].
 */
final class ScanTile {
  /** Steps that are read at once, at least. */
  static final int STEPS = 16;

  /** Rows of few channels are read more at once: so many floats. */
  private static final int FLOATS = 4096;

  private static final int MOST_STEPS = 64;

  /** Room is made in such units, so that arrays rarely grow. */
  private static final int UNIT = 1024;

  int lanes;
  int states;

  /** Columns of dt; 0 if delta is given itself. */
  int rank;

  int blocks;

  /** Columns of a row of channels: blocks * lanes. */
  int stride;

  /** How far C is from B: groups * states. */
  int toC;

  /** Columns of the parameters: rank + 2 * groups * states. */
  int parameterStride;

  /** How many steps the tile holds now. */
  int steps;

  /** The group of B and C that each block reads. */
  int[] group = {};

  /** The step sizes (after softplus), [step][stride]. */
  float[] delta = {};

  /** The input and the output, of which {@link #rows} says where a step's channels begin. */
  float[] u = {};

  float[] y = {};
  int[] rows = {};

  /**
   * What delta is projected from, then B and C, [rank, group and state, the same] from where {@link
   * #parameterRows} says.
   */
  float[] parameters = {};

  int[] parameterRows = {};

  // The tile's own rows, one step's after the other's.
  private float[] ownU = {};
  private float[] ownY = {};
  private float[] ownParameters = {};

  /** The weight that delta is projected by, [block][rank][lane]. */
  float[] deltaWeight = {};

  /** The gate z and its sigmoid, [step][stride]. */
  float[] gate = {};

  float[] sigmoid = {};

  /** A log2(e), a matrix: decays are computed as powers of two. */
  float[] logDecay = {};

  /** For each column, the magnitude of delta up to which every decay is a normal number. */
  float[] mostDelta = {};

  /** D, a row, and the delta bias, the same row for every step; zero where absent. */
  float[] skip = {};

  float[] bias = {};

  /** h, a matrix. */
  float[] state = {};

  // For the backward pass.
  /** exp(delta A) - 1 of the block at work, [step][state][lane]. */
  float[] decayMinusOne = {};

  /** h before each step and after the last, of the block at work, [step][state][lane]. */
  float[] history = {};

  /** Gradients, [step][stride]; that of y is given, in y. */
  float[] uGradient = {};

  float[] deltaGradient = {};

  /** Gradients of B and C of the group at work, not yet summed over lanes, [step][state][lane]. */
  float[] bGradient = {};

  float[] cGradient = {};

  /** Of dt, not yet summed over lanes, [step][rank][lane], and the weight's sum. */
  float[] dtGradient = {};

  float[] deltaWeightGradient = {};

  /** The gradient of h after the steps of the tile, and the sum of A's gradients: matrices. */
  float[] stateGradient = {};

  float[] aGradient = {};

  /** The sums of the gradients of D and of the bias, rows. */
  float[] skipGradient = {};

  float[] biasGradient = {};

  /** As long as any array of rows. */
  float[] scratch = {};

  /** How many steps of rows a tile of a forward pass takes: a multiple of {@link #STEPS}. */
  static int stepsOf(int stride) {
    return Math.max(STEPS, Math.min(MOST_STEPS, FLOATS / stride / STEPS * STEPS));
  }

  /**
   * Makes room for a scan.
   *
   * @param steps the most steps of a tile
   * @param backward whether it is a backward pass
   */
  void reserve(
      int lanes, int states, int rank, int groups, int blocks, int steps, boolean backward) {
    this.lanes = lanes;
    this.states = states;
    this.rank = rank;
    this.blocks = blocks;
    this.stride = blocks * lanes;
    this.toC = groups * states;
    this.parameterStride = rank + 2 * toC;
    int rows = Math.max(STEPS, steps);
    this.rows = this.rows.length < rows ? new int[rows] : this.rows;
    parameterRows = parameterRows.length < rows ? new int[rows] : parameterRows;
    ownU = grown(ownU, rows * stride);
    delta = grown(delta, rows * stride);
    ownY = grown(ownY, rows * stride);
    gate = grown(gate, rows * stride);
    sigmoid = grown(sigmoid, rows * stride);
    scratch = grown(scratch, rows * Math.max(stride, parameterStride));
    ownParameters = grown(ownParameters, rows * parameterStride);
    deltaWeight = grown(deltaWeight, rank * stride);
    logDecay = grown(logDecay, states * stride);
    state = grown(state, states * stride);
    mostDelta = grown(mostDelta, stride);
    skip = grown(skip, stride);
    bias = grown(bias, rows * stride);
    group = group.length < blocks ? new int[blocks] : group;
    if (backward) {
      int matrices = steps * states * lanes;
      decayMinusOne = grown(decayMinusOne, matrices);
      history = grown(history, matrices + states * lanes);
      bGradient = grown(bGradient, matrices);
      cGradient = grown(cGradient, matrices);
      uGradient = grown(uGradient, rows * stride);
      deltaGradient = grown(deltaGradient, rows * stride);
      dtGradient = grown(dtGradient, steps * rank * lanes);
      deltaWeightGradient = grown(deltaWeightGradient, rank * stride);
      Arrays.fill(deltaWeightGradient, 0, rank * stride, 0f);
      stateGradient = grown(stateGradient, states * stride);
      aGradient = grown(aGradient, states * stride);
      skipGradient = grown(skipGradient, stride);
      biasGradient = grown(biasGradient, stride);
      Arrays.fill(aGradient, 0, states * stride, 0f);
      Arrays.fill(skipGradient, 0, stride, 0f);
      Arrays.fill(biasGradient, 0, stride, 0f);
    }
    useOwnRows();
    useOwnParameters();
  }

  /** Lets u and y be the tile's own, one step's row after the other's. */
  void useOwnRows() {
    u = ownU;
    y = ownY;
    for (int t = 0; t < rows.length; t++) {
      rows[t] = t * stride;
    }
  }

  private void useOwnParameters() {
    parameters = ownParameters;
    for (int t = 0; t < parameterRows.length; t++) {
      parameterRows[t] = t * parameterStride;
    }
  }

  /** Where a block's B begins in a row of the parameters. */
  int columnOfB(int block) {
    return rank + group[block] * states;
  }

  /** An array of at least a length; what it holds is lost if it has to be a new one. */
  static float[] grown(float[] array, int length) {
    return array.length >= length ? array : new float[(length + UNIT - 1) / UNIT * UNIT];
  }
}
