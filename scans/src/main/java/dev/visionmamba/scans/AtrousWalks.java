package dev.visionmamba.scans;

import java.util.ArrayList;
import java.util.List;

/**
 * ES2D, the efficient 2D scanning of EfficientVMamba (arXiv:2403.09977, section 4.1): every step-th
 * row and column, one direction for each offset, so that the directions share the cells out among
 * them.
 */
final class AtrousWalks {
  private AtrousWalks() {}

  /**
   * One path for each offset that has cells. Offset (r, c) is group c * step + r; even groups are
   * walked row by row, odd ones column by column: with a step of 2 the reference's order (0, 0)
   * rows, (1, 0) columns, (0, 1) rows, (1, 1) columns.
   */
  static List<ScanPath> of(Grid grid, int step) {
    List<ScanPath> paths = new ArrayList<>();
    for (int left = 0; left < Math.min(step, grid.width()); left++) {
      for (int top = 0; top < Math.min(step, grid.height()); top++) {
        boolean byRows = ((long) left * step + top) % 2 == 0;
        paths.add(byRows ? rows(grid, step, top, left) : columns(grid, step, top, left));
      }
    }
    return paths;
  }

  private static ScanPath rows(Grid grid, int step, int top, int left) {
    Walk walk = new Walk(grid);
    for (long row = top; row < grid.height(); row += step) {
      for (long column = left; column < grid.width(); column += step) {
        walk.visit((int) row, (int) column);
      }
    }
    return walk.path();
  }

  private static ScanPath columns(Grid grid, int step, int top, int left) {
    Walk walk = new Walk(grid);
    for (long column = left; column < grid.width(); column += step) {
      for (long row = top; row < grid.height(); row += step) {
        walk.visit((int) row, (int) column);
      }
    }
    return walk.path();
  }
}
