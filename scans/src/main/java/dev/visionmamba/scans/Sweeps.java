package dev.visionmamba.scans;

/** Walks that cover a grid line after line: by rows, columns or diagonals. */
final class Sweeps {
  private Sweeps() {}

  /** Row by row from the top, each from the left. */
  static ScanPath rows(Grid grid) {
    return ScanPath.raster(grid.tokens());
  }

  /** Column by column from the left, each from the top. */
  static ScanPath columns(Grid grid) {
    Walk walk = new Walk(grid);
    for (int column = 0; column < grid.width(); column++) {
      for (int row = 0; row < grid.height(); row++) {
        walk.visit(row, column);
      }
    }
    return walk.path();
  }

  /** Row by row from the top, the first from the left, then each from where the last one ended. */
  static ScanPath rowSerpentine(Grid grid) {
    Walk walk = new Walk(grid);
    int last = grid.width() - 1;
    for (int row = 0; row < grid.height(); row++) {
      for (int i = 0; i <= last; i++) {
        walk.visit(row, row % 2 == 0 ? i : last - i);
      }
    }
    return walk.path();
  }

  /**
   * Column by column from the left, the first from the top, then each from where the last ended.
   */
  static ScanPath columnSerpentine(Grid grid) {
    Walk walk = new Walk(grid);
    int last = grid.height() - 1;
    for (int column = 0; column < grid.width(); column++) {
      for (int i = 0; i <= last; i++) {
        walk.visit(column % 2 == 0 ? i : last - i, column);
      }
    }
    return walk.path();
  }

  /**
   * The lines that run from the upper right to the lower left, in that sense, from the top left
   * corner to the bottom right one: row + column never falls.
   */
  static ScanPath antidiagonals(Grid grid) {
    Walk walk = new Walk(grid);
    for (int sum = 0; sum <= grid.height() + grid.width() - 2; sum++) {
      int end = Math.min(sum, grid.height() - 1);
      for (int row = Math.max(0, sum - grid.width() + 1); row <= end; row++) {
        walk.visit(row, sum - row);
      }
    }
    return walk.path();
  }

  /**
   * The lines that run from the upper left to the lower right, in that sense, from the top right
   * corner to the bottom left one: the mirror image of {@link #antidiagonals}.
   */
  static ScanPath diagonals(Grid grid) {
    Walk walk = new Walk(grid);
    int last = grid.width() - 1;
    for (int sum = 0; sum <= grid.height() + grid.width() - 2; sum++) {
      int end = Math.min(sum, grid.height() - 1);
      for (int row = Math.max(0, sum - last); row <= end; row++) {
        walk.visit(row, last - (sum - row));
      }
    }
    return walk.path();
  }
}
