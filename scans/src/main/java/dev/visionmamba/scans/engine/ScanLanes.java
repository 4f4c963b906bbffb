package dev.visionmamba.scans.engine;

/**
 * As many neighbouring channels of one group as a vector holds, along one direction of a scan: what
 * they need and what they have learned of their gradients. Lanes beyond the group's last channel
 * are zero throughout. Matrices are [state][lane].
 */
final class ScanLanes {
  /** The first channel, and how many lanes are channels. */
  final int channel;

  final int width;

  /** Where the lanes lie in a row of a tile. */
  final int offset;

  /** Which group of B and C they read. */
  final int group;

  /** A log2(e): decays are computed as powers of two. */
  final float[] logDecay;

  /** D and the delta bias, [lane]; zero where absent. */
  final float[] skip;

  final float[] bias;

  /** h. */
  final float[] state;

  // For the backward pass: h before each chunk, the gradient of h after the current one, and the
  // gradients of A, D and the bias over all sequences.
  float[][] checkpoints;
  float[] stateGradient;
  float[] aGradient;
  float[] skipGradient;
  float[] biasGradient;

  ScanLanes(int channel, int width, int offset, int group, int states, int lanes) {
    this.channel = channel;
    this.width = width;
    this.offset = offset;
    this.group = group;
    this.logDecay = new float[states * lanes];
    this.skip = new float[lanes];
    this.bias = new float[lanes];
    this.state = new float[states * lanes];
  }

  /** Makes room for gradients. */
  void prepareBackward(int chunks) {
    checkpoints = new float[chunks][state.length];
    stateGradient = new float[state.length];
    aGradient = new float[state.length];
    skipGradient = new float[skip.length];
    biasGradient = new float[bias.length];
  }
}
