package dev.visionmamba.scans.engine;

import java.util.Arrays;

/**
 * The gradients of B and C of some sequences along one direction, summed over a worker's channels.
 * Workers with other channels add to the same, so each keeps its own until all are done.
 */
final class ParameterGradients {
  private final int firstSequence;
  private final int columns;
  private final int states;
  private final int[] parameterPath;

  /** [sequence][step * columns + group * states + state]. */
  private final float[][] b;

  private final float[][] c;

  ParameterGradients(
      int firstSequence, int sequences, int[] parameterPath, int groups, int states) {
    this.firstSequence = firstSequence;
    this.columns = groups * states;
    this.states = states;
    this.parameterPath = parameterPath;
    this.b = new float[sequences][parameterPath.length * columns];
    this.c = new float[sequences][parameterPath.length * columns];
  }

  /** Adds a tile's gradients of a group, summed over lanes. */
  void add(ScanTile tile, int sequence, int start, int group, int lanes) {
    for (int t = 0; t < tile.steps; t++) {
      int to = (start + t) * columns + group * states;
      for (int n = 0; n < states; n++) {
        int from = (t * states + n) * lanes;
        b[sequence - firstSequence][to + n] += sum(tile.bGradient, from, lanes);
        c[sequence - firstSequence][to + n] += sum(tile.cGradient, from, lanes);
      }
    }
  }

  private static float sum(float[] values, int from, int count) {
    float sum = 0f;
    for (int i = from; i < from + count; i++) {
      sum += values[i];
    }
    return sum;
  }

  /** Adds everything to the gradients in memory. */
  void addTo(Rows bGradient, Rows cGradient) {
    float[] scratch = new float[columns];
    for (int i = 0; i < b.length; i++) {
      accumulate(b[i], bGradient, firstSequence + i, scratch);
      accumulate(c[i], cGradient, firstSequence + i, scratch);
    }
    Arrays.fill(b, null);
    Arrays.fill(c, null);
  }

  private void accumulate(float[] values, Rows rows, int sequence, float[] scratch) {
    rows.accumulate(
        sequence, parameterPath, 0, parameterPath.length, 0, columns, values, columns, 0, scratch);
  }
}
