package dev.visionmamba.tasks.image;

/**
 * One of the eight turns and mirrorings that map a pixel grid onto a pixel grid, by EXIF's numbers
 * (CIPA DC-008, tag 0x0112): where in the stored grid each pixel of the turned one is.
 *
 * @param width columns of the turned grid
 * @param height rows of the turned grid
 * @param first index of the stored pixel that is the turned grid's first
 * @param right what one column to the right in the turned grid adds to the index
 * @param down what one row down in the turned grid adds to the index
 */
public record GridTurn(int width, int height, int first, int right, int down) {
  /** How many turns there are; they are numbered from 1. */
  public static final int COUNT = 8;

  /**
   * The turn of a grid.
   *
   * @param width stored columns, at least 1
   * @param height stored rows, at least 1
   * @param orientation 1 to 8; 1 leaves all as it is, 2 to 4 keep the sides, 5 to 8 swap them
   * @return the turn
   * @throws IllegalArgumentException if the orientation is not 1 to 8
   */
  public static GridTurn of(int width, int height, int orientation) {
    if (orientation < 1 || orientation > COUNT) {
      throw new IllegalArgumentException("orientation must be 1 to 8, got " + orientation);
    }
    boolean swapped = orientation >= 5;
    boolean mirrorX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean mirrorY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int alongX = mirrorX ? -1 : 1;
    int alongY = mirrorY ? -width : width;
    int first = (mirrorX ? width - 1 : 0) + (mirrorY ? (height - 1) * width : 0);
    return new GridTurn(
        swapped ? height : width,
        swapped ? width : height,
        first,
        swapped ? alongY : alongX,
        swapped ? alongX : alongY);
  }

  /**
   * The turn that undoes a turn.
   *
   * @param orientation 1 to 8
   * @return 8 for 6, 6 for 8, else the same: all others are their own inverse
   */
  public static int inverse(int orientation) {
    return orientation == 6 || orientation == 8 ? 14 - orientation : orientation;
  }

  /**
   * Where a pixel of the turned grid is in the stored one.
   *
   * @param x column, 0 to width - 1
   * @param y row, 0 to height - 1
   * @return its index, row by row
   */
  public int index(int x, int y) {
    return first + x * right + y * down;
  }
}
