package dev.visionmamba.scans.engine;

/**
 * Some steps of one sequence along one direction, on the heap, where kernels work on them. One
 * worker fills and reuses it. The columns of channels are padded so that each group begins a
 * vector.
 */
final class ScanTile {
  /** The most steps of a tile: what the backward pass recomputes from one checkpoint. */
  static final int STEPS = 16;

  final int states;

  /** Columns of b and c: groups * states. */
  final int parameterStride;

  /** Columns of u, delta, y and their gradients: channels with padding. */
  final int stride;

  int steps;

  /** The input, the step sizes (after softplus) and the output, [step][stride]. */
  final float[] u;

  final float[] delta;
  final float[] y;

  /** [step][group][state]. */
  final float[] b;

  final float[] c;

  /** exp(delta A) - 1 of the lanes at work, [step][state][lane]. */
  final float[] decayMinusOne;

  // For the backward pass.
  /** h before each step and after the last, of the lanes at work, [step][state][lane]. */
  final float[] history;

  /** Delta before softplus, [step][stride]. */
  final float[] rawDelta;

  /** Gradients, [step][stride]; that of y is given, in y. */
  final float[] uGradient;

  final float[] deltaGradient;

  /** Gradients of B and C of the group at work, not yet summed over lanes, [step][state][lane]. */
  final float[] bGradient;

  final float[] cGradient;

  /** As long as the longest array of rows. */
  final float[] scratch;

  ScanTile(int states, int groups, int stride, int lanes, boolean backward) {
    this.states = states;
    this.stride = stride;
    this.parameterStride = groups * states;
    int rows = STEPS * stride;
    u = new float[rows];
    delta = new float[rows];
    y = new float[rows];
    scratch = new float[Math.max(rows, parameterStride)];
    b = new float[STEPS * parameterStride];
    c = new float[STEPS * parameterStride];
    int matrix = STEPS * states * lanes;
    decayMinusOne = new float[matrix];
    history = new float[backward ? matrix + states * lanes : 0];
    rawDelta = new float[backward ? rows : 0];
    uGradient = new float[backward ? rows : 0];
    deltaGradient = new float[backward ? rows : 0];
    bGradient = new float[backward ? matrix : 0];
    cGradient = new float[backward ? matrix : 0];
  }

  static int count(int steps) {
    return (steps + STEPS - 1) / STEPS;
  }
}
