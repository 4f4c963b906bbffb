package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * Some neighbouring columns of a token array, named without being copied: a projection's output
 * often holds several operands side by side.
 *
 * @param array the token array (B, L, W), channel-last
 * @param from the first column, 0..W-1
 * @param to one past the last column, from+1..W
 */
public record Columns(NDArray array, int from, int to) {

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if the array is not (B, L, W) or the range is not within W
   */
  public Columns {
    Shape shape = array.getShape();
    if (shape.dimension() != 3 || from < 0 || to <= from || to > shape.get(2)) {
      throw new IllegalArgumentException(
          "columns " + from + ".." + to + " are not within a (B, L, W) array of shape " + shape);
    }
  }

  /**
   * All columns of an array.
   *
   * @param array (B, L, W)
   * @return columns 0..W
   */
  public static Columns all(NDArray array) {
    return new Columns(array, 0, Math.toIntExact(array.getShape().get(2)));
  }

  /**
   * How many columns.
   *
   * @return at least 1
   */
  public int width() {
    return to - from;
  }

  /**
   * The columns as an array of their own, a view where the engine can give one.
   *
   * @return (B, L, width)
   */
  public NDArray toArray() {
    return width() == array.getShape().get(2) ? array : array.get(":, :, " + from + ":" + to);
  }
}
