package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * What the window attentions of a map have in common (Swin, arXiv:2103.14030, section 3.2). With w
 * x w = n tokens in a window and M windows side by side:
 *
 * @param size w
 * @param positions (n * n), which relative position each pair of tokens has
 * @param mask (M, 1, n, n), of a row of shifted windows: -100 where two tokens are no neighbours in
 *     the map, else 0
 * @param lastMask the same of the last row
 */
record Windows(int size, NDArray positions, NDArray mask, NDArray lastMask)
    implements AutoCloseable {
  private static final float APART = -100f;

  /** The windows of a map (B, H, W, C) whose sides are multiples of the size. */
  static Windows of(NDArray map, int size) {
    int across = Math.toIntExact(map.getShape().get(2) / size);
    return new Windows(
        size, positions(map, size), mask(map, size, across, false), mask(map, size, across, true));
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
  private static NDArray mask(NDArray map, int size, int across, boolean lastRow) {
    int tokens = size * size;
    float[] values = new float[across * tokens * tokens];
    for (int window = 0; window < across; window++) {
      boolean lastColumn = window == across - 1;
      for (int i = 0; i < tokens; i++) {
        for (int j = 0; j < tokens; j++) {
          boolean apart =
              (lastRow && beyond(i / size, size) != beyond(j / size, size))
                  || (lastColumn && beyond(i % size, size) != beyond(j % size, size));
          values[(window * tokens + i) * tokens + j] = apart ? APART : 0f;
        }
      }
    }
    Shape shape = new Shape(across, 1, tokens, tokens);
    try (NDArray mask = map.getManager().create(values, shape);
        NDArray typed = mask.toType(map.getDataType(), false)) {
      return typed.duplicate();
    }
  }

  /** Whether a row or column of a shifted window comes from the other end of the map. */
  private static boolean beyond(int offset, int size) {
    return offset >= size - size / 2;
  }

  @Override
  public void close() {
    positions.close();
    mask.close();
    lastMask.close();
  }
}
