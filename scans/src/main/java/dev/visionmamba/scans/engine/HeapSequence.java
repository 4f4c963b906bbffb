package dev.visionmamba.scans.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * One sequence on the heap as a whole, for directions that read the same rows: each walks over them
 * where they lie, in its own order, and none copies them. One thread reuses it.
 */
final class HeapSequence {
  /** A longer sequence would take too much memory from every thread: so many floats. */
  private static final int MOST_FLOATS = 1 << 22;

  /** The input, [token][stride]. */
  float[] u = {};

  /** The step parameters of all directions, [token][parameterWidth]; empty if not shared. */
  float[] parameters = {};

  int parameterWidth;

  /** Sums over directions, [token][stride], one for each part of them. */
  private final List<float[]> sums = new ArrayList<>();

  /** Whether a sequence is short enough. */
  static boolean holds(int tokens, int stride, int parameterWidth, int parts) {
    return (long) tokens * ((1L + parts) * stride + parameterWidth) <= MOST_FLOATS;
  }

  /** Makes room. */
  void reserve(int tokens, int stride, int parameterWidth, int parts) {
    this.parameterWidth = parameterWidth;
    u = ScanTile.grown(u, tokens * stride);
    parameters = ScanTile.grown(parameters, tokens * parameterWidth);
    while (sums.size() < parts) {
      sums.add(new float[0]);
    }
    for (int part = 0; part < parts; part++) {
      sums.set(part, ScanTile.grown(sums.get(part), tokens * stride));
    }
  }

  /** The sum of a part of the directions. */
  float[] sum(int part) {
    return sums.get(part);
  }
}
