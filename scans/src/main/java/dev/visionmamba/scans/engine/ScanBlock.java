package dev.visionmamba.scans.engine;

/**
 * A block of neighbouring channels of one sequence along one direction: what a kernel works on. All
 * per-channel scratch is laid out as [state][lane] with {@code lanes} lanes a row, of which the
 * first {@code width} are in use. One worker fills and reuses it.
 */
final class ScanBlock {
  final int lanes;

  // Where: sequence and channels.
  int batch;
  int channel;
  int width;
  int states;

  // The path, and the operands in memory.
  int[] path;
  int[] parameterPath;
  Rows u;
  Rows delta;
  boolean softplus;

  /** B and C in the order of the path, [step][state], of the group that the channels read. */
  float[] b;

  float[] c;

  /** A * log2(e), [state][lane]: decays are computed as powers of two. */
  final float[] logDecay;

  /** D and the delta bias, [lane]; zero where absent. */
  final float[] skip;

  final float[] bias;

  /** h, [state][lane]: the state before the first step on entry, after the last on return. */
  final float[] state;

  /** The output, which the forward pass adds to. */
  Rows y;

  // For the backward pass.
  /** h before each chunk, [chunk][state][lane], written by the forward pass; null if not wanted. */
  float[] checkpoints;

  Rows outputGradient;
  Rows uGradient;
  Rows deltaGradient;

  /** The gradient of h after the chunk's last step, [state][lane]. */
  float[] stateGradient;

  /** Gradients of A, D and the bias over all sequences, [state][lane] and [lane]. */
  float[] aGradient;

  float[] skipGradient;
  float[] biasGradient;

  /** Gradients of B and C over blocks of one group, [step of chunk][state][lane]. */
  final float[] bGradient;

  final float[] cGradient;

  /** States and decays-minus-one of a chunk, [step of chunk][state][lane]. */
  final float[] history;

  final float[] decayMinusOne;

  ScanBlock(int lanes, int maxStates, boolean backward) {
    this.lanes = lanes;
    int row = maxStates * lanes;
    logDecay = new float[row];
    state = new float[row];
    skip = new float[lanes];
    bias = new float[lanes];
    int chunk = backward ? CHUNK * row : 0;
    bGradient = new float[chunk];
    cGradient = new float[chunk];
    history = new float[chunk == 0 ? 0 : chunk + row];
    decayMinusOne = new float[chunk];
  }

  /** Steps between two checkpoints of the state: what the backward pass recomputes at once. */
  static final int CHUNK = 16;

  static int chunks(int steps) {
    return (steps + CHUNK - 1) / CHUNK;
  }
}
