package dev.visionmamba.scans;

/**
 * The moves between neighbouring cells: what direction-aware updating tells each step (PlainMamba,
 * arXiv:2403.17695). Their codes are 0 to 4 in the order below, the rows of the model's learned
 * direction vectors.
 */
public enum ScanMove {
  /** The first cell of a path: there is no move. */
  START,
  /** To the next column. */
  RIGHT,
  /** To the column before. */
  LEFT,
  /** To the row before. */
  UP,
  /** To the next row. */
  DOWN;

  /**
   * The move's number in published weights.
   *
   * @return 0 start, 1 right, 2 left, 3 up, 4 down
   */
  public int code() {
    return ordinal();
  }

  /**
   * The codes of a path's moves: entry {@code t} is the move that leads to the cell of step {@code
   * t}, and entry 0 is {@link #START}.
   *
   * @param path a path each of whose steps leads to a neighbour: above, below, left or right
   * @param width columns of the grid that it walks, at least 1, a divisor of its tokens
   * @return as many codes as the path has steps
   * @throws IllegalArgumentException if a step does not lead to a neighbour, naming it, or if the
   *     tokens are not rows of that width
   */
  public static int[] codes(ScanPath path, int width) {
    if (width < 1 || path.tokens() % width != 0) {
      throw new IllegalArgumentException(
          "width must be a divisor of the path's " + path.tokens() + " tokens, got " + width);
    }
    int[] codes = new int[path.steps()];
    for (int t = 1; t < codes.length; t++) {
      codes[t] = between(path, t, width).code();
    }
    return codes;
  }

  private static ScanMove between(ScanPath path, int step, int width) {
    int from = path.token(step - 1);
    int to = path.token(step);
    int rows = to / width - from / width;
    int columns = to % width - from % width;
    if (Math.abs(rows) + Math.abs(columns) != 1) {
      throw new IllegalArgumentException(
          String.format(
              "step %d leads from row %d, column %d to row %d, column %d, which is no neighbour",
              step, from / width, from % width, to / width, to % width));
    }
    if (rows == 0) {
      return columns > 0 ? RIGHT : LEFT;
    }
    return rows > 0 ? DOWN : UP;
  }
}
