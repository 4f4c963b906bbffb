package dev.visionmamba.scans;

import java.util.Arrays;

/** A path in the making: the cells of a grid are visited one by one. */
final class Walk {
  private final Grid grid;
  private final int[] order;
  private int steps;

  Walk(Grid grid) {
    this.grid = grid;
    this.order = new int[grid.tokens()];
  }

  void visit(int row, int column) {
    order[steps++] = grid.token(row, column);
  }

  /** The path so far; at least one cell must have been visited. */
  ScanPath path() {
    return ScanPath.of(grid.tokens(), Arrays.copyOf(order, steps));
  }
}
