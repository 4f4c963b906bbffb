package dev.visionmamba.scans;

/**
 * A Hilbert curve on a grid of any height and width: every step leads to one of the four
 * neighbours, and cells that are near each other on the curve are near each other on the grid. On a
 * square whose side is a power of two it is Hilbert's own.
 *
 * <p>A block has a length and a breadth. Its curve starts in a corner and ends in the other corner
 * of the same long side. Colour the cells like a chessboard: such a curve exists only if the length
 * is even or the breadth odd. A block that has this property is divided into blocks that have it:
 *
 * <ul>
 *   <li>a long one across its length, into two that follow each other; if the breadth is even so
 *       are both lengths;
 *   <li>any other into three: a block that runs away from the long side, one along the far side,
 *       one back. The way there and back is even, so these two may have any breadth, and what is
 *       left of the breadth is odd wherever the length is.
 * </ul>
 *
 * A grid is walked along its longer side, or along the shorter one where only that is possible.
 */
final class HilbertCurve {
  private final Walk walk;

  private HilbertCurve(Walk walk) {
    this.walk = walk;
  }

  /** From the top left corner to the top right one, or to the bottom left one of a tall grid. */
  static ScanPath path(Grid grid) {
    HilbertCurve curve = new HilbertCurve(new Walk(grid));
    boolean alongRows = grid.width() >= grid.height();
    int length = alongRows ? grid.width() : grid.height();
    int breadth = alongRows ? grid.height() : grid.width();
    if (length % 2 == 1 && breadth % 2 == 0) {
      alongRows = !alongRows;
    }
    Cell start = new Cell(0, 0);
    Cell right = new Cell(0, 1);
    Cell down = new Cell(1, 0);
    if (alongRows) {
      curve.block(start, right, grid.width(), down, grid.height());
    } else {
      curve.block(start, down, grid.height(), right, grid.width());
    }
    return curve.walk.path();
  }

  /** A cell, or the way from one to another. */
  private record Cell(int row, int column) {
    Cell plus(Cell way, int times) {
      return new Cell(row + times * way.row, column + times * way.column);
    }

    Cell opposite() {
      return new Cell(-row, -column);
    }
  }

  /** Walks a block from {@code start} to {@code start + (length - 1) * along}. */
  private void block(Cell start, Cell along, int length, Cell across, int breadth) {
    if (breadth == 1) {
      for (int i = 0; i < length; i++) {
        Cell cell = start.plus(along, i);
        walk.visit(cell.row(), cell.column());
      }
    } else if (length == 2 && breadth == 2) {
      // There, along, and back, by single cells.
      block(start, across, 2, along, 1);
      block(start.plus(along, 1).plus(across, 1), across.opposite(), 2, along, 1);
    } else if (2L * length > 3L * breadth) {
      int first = breadth % 2 == 0 ? even(length) : length / 2;
      block(start, along, first, across, breadth);
      block(start.plus(along, first), along, length - first, across, breadth);
    } else {
      int way = even(breadth);
      int near = length / 2;
      block(start, across, way, along, near);
      block(start.plus(across, way), along, length, across, breadth - way);
      Cell back = start.plus(along, length - 1).plus(across, way - 1);
      block(back, across.opposite(), way, along.opposite(), length - near);
    }
  }

  /** The even number next to half of a number: of 2 and 3, 2; of 4, 2; of 5, 2; of 6, 4. */
  private static int even(int number) {
    return 2 * ((number + 2) / 4);
  }
}
