package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * What the window attentions of a map have in common (Swin, arXiv:2103.14030, section 3.2). A
 * window has w x w = n tokens. A mask is (n, n): -100 where two tokens of a shifted window are no
 * neighbours in the map, else 0. Only windows at the map's right and bottom end hold such tokens.
 *
 * @param size w
 * @param positions (n * n), which relative position each pair of tokens has
 * @param right of the last window of each row but the last
 * @param bottom of each window of the last row but its last
 * @param corner of the last window of the last row
 */
record Windows(int size, NDArray positions, NDArray right, NDArray bottom, NDArray corner)
    implements AutoCloseable {
  private static final float APART = -100f;

  /** The windows of a map (B, H, W, C) whose sides are multiples of the size. */
  static Windows of(NDArray map, int size) {
    return new Windows(
        size,
        positions(map, size),
        mask(map, size, false, true),
        mask(map, size, true, false),
        mask(map, size, true, true));
  }

  private static NDArray positions(NDArray map, int size) {
    int tokens = size * size;
    long[] positions = new long[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        int dy = i / size - j / size + size - 1;
        int dx = i % size - j % size + size - 1;
        positions[i * tokens + j] = (long) dy * (2 * size - 1) + dx;
      }
    }
    NDManager manager = map.getManager();
    // A copy in libtorch's own memory, here and below: Java's may be collected before its use.
    try (NDArray values = manager.create(positions, new Shape(positions.length))) {
      return values.duplicate();
    }
  }

  /** Shifted windows hold what lies at opposite ends of the map in the last row and column. */
  private static NDArray mask(NDArray map, int size, boolean lastRow, boolean lastColumn) {
    int tokens = size * size;
    float[] values = new float[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        boolean apart =
            (lastRow && beyond(i / size, size) != beyond(j / size, size))
                || (lastColumn && beyond(i % size, size) != beyond(j % size, size));
        values[i * tokens + j] = apart ? APART : 0f;
      }
    }
    try (NDArray mask = map.getManager().create(values, new Shape(tokens, tokens));
        NDArray typed = mask.toType(map.getDataType(), false)) {
      return typed.duplicate();
    }
  }

  /** Whether a row or column of a shifted window comes from the other end of the map. */
  private static boolean beyond(int offset, int size) {
    return offset >= size - size / 2;
  }

  /**
   * Masks a row of shifted windows.
   *
   * @param scores (B, M, h, n, n) of M windows side by side, h heads and each pair of tokens
   * @param lastRow whether it is the map's last
   * @param training whether gradients are recorded; if not, the scores are changed in place
   * @return the scores, masked
   */
  NDArray masked(NDArray scores, boolean lastRow, boolean training) {
    long across = scores.getShape().get(1);
    NDArray inner = scores.get(":, :" + (across - 1));
    NDArray last = scores.get(":, " + (across - 1) + ":");
    NDArray atEnd = lastRow ? corner : right;
    if (!training) {
      last.addi(atEnd);
      if (lastRow && across > 1) {
        inner.addi(bottom);
      }
      return scores;
    }
    if (across == 1) {
      return last.add(atEnd);
    }
    return (lastRow ? inner.add(bottom) : inner).concat(last.add(atEnd), 1);
  }

  @Override
  public void close() {
    positions.close();
    right.close();
    bottom.close();
    corner.close();
  }
}
