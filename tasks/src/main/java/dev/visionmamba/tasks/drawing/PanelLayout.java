package dev.visionmamba.tasks.drawing;

import java.awt.Rectangle;

/**
 * Where panels and their cells lie, in pixels from the first panel's title. Panels fill rows from
 * the left.
 *
 * @param panels how many panels there are
 * @param columns how many lie side by side
 * @param height rows of cells in a panel
 * @param width columns of cells in a panel
 * @param cell the side of a cell
 */
record PanelLayout(int panels, int columns, int height, int width, int cell) {
  /** Room for a panel's title above its cells. */
  static final int TITLE = 30;

  private static final int GAP = 28;

  /** A title needs so much, however few columns there are. */
  private static final int NARROWEST_PANEL = 120;

  private static final int WIDEST = 1300;
  private static final int HIGHEST = 1100;
  private static final int LARGEST_CELL = 40;
  private static final int SMALLEST_CELL = 4;

  /** The shape that is looked for among those of equal cells. */
  private static final double ASPECT = 1.6;

  /** The layout with the largest cells that a screen shows. */
  static PanelLayout fit(int panels, int height, int width) {
    PanelLayout best = null;
    for (int columns = 1; columns <= panels; columns++) {
      int rows = (panels + columns - 1) / columns;
      int wide = (WIDEST - (columns - 1) * GAP) / columns / width;
      int high = (HIGHEST - rows * TITLE - (rows - 1) * GAP) / rows / height;
      int cell = Math.max(SMALLEST_CELL, Math.min(LARGEST_CELL, Math.min(wide, high)));
      PanelLayout layout = new PanelLayout(panels, columns, height, width, cell);
      if (best == null
          || cell > best.cell
          || (cell == best.cell && layout.awkwardness() < best.awkwardness())) {
        best = layout;
      }
    }
    return best;
  }

  /** How far the shape is from that of a screen, and how much is empty. */
  private double awkwardness() {
    double aspect = (double) pixelWidth() / pixelHeight();
    int empty = rows() * columns - panels;
    return Math.abs(Math.log(aspect / ASPECT)) + (double) empty / panels;
  }

  int rows() {
    return (panels + columns - 1) / columns;
  }

  int pixelWidth() {
    return columns * panelWidth() + (columns - 1) * GAP;
  }

  int pixelHeight() {
    return rows() * (TITLE + height * cell) + (rows() - 1) * GAP;
  }

  /** The cells of a panel, counted from 0. */
  Rectangle cells(int panel) {
    return new Rectangle(
        panel % columns * (panelWidth() + GAP),
        panel / columns * (TITLE + height * cell + GAP) + TITLE,
        width * cell,
        height * cell);
  }

  private int panelWidth() {
    return Math.max(NARROWEST_PANEL, width * cell);
  }
}
