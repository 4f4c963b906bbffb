package dev.visionmamba.scans.engine;

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

  /** The sum over directions, [token][stride]. */
  float[] sum = {};

  /** Whether a sequence is short enough. */
  static boolean holds(int tokens, int stride, int parameterWidth) {
    return tokens * (2L * stride + parameterWidth) <= MOST_FLOATS;
  }

  /** Makes room. */
  void reserve(int tokens, int stride, int parameterWidth) {
    this.parameterWidth = parameterWidth;
    u = ScanTile.grown(u, tokens * stride);
    parameters = ScanTile.grown(parameters, tokens * parameterWidth);
    sum = ScanTile.grown(sum, tokens * stride);
  }
}
