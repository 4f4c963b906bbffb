package dev.visionmamba.scans;

/**
 * A grid of tokens: token {@code row * width + column} lies at a row and a column.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
record Grid(int height, int width) {

  /**
   * Checks that the tokens can be numbered.
   *
   * @throws IllegalArgumentException if a side is below 1 or there are more tokens than an int
   *     counts
   */
  Grid {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "height and width of a grid must be at least 1, got height "
              + height
              + " and width "
              + width);
    }
    if ((long) height * width > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a grid of height "
              + height
              + " and width "
              + width
              + " has "
              + (long) height * width
              + " tokens, but at most "
              + Integer.MAX_VALUE
              + " can be numbered");
    }
  }

  int tokens() {
    return height * width;
  }

  int token(int row, int column) {
    return row * width + column;
  }
}
