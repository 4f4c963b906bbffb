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
   * @throws IllegalArgumentException if the array is not (B, L, W) or closed, or the range is empty
   *     or not within W
   */
  public Columns {
    Shape shape = Operands.shape("array", array);
    requireTokens(shape);
    if (from < 0 || to <= from || to > shape.get(2)) {
      throw new IllegalArgumentException(
          "columns must be at least one of 0.."
              + shape.get(2)
              + " of the array "
              + shape
              + ", but are "
              + from
              + ".."
              + to);
    }
  }

  /**
   * All columns of an array.
   *
   * @param array (B, L, W)
   * @return columns 0..W
   * @throws IllegalArgumentException if the array is not (B, L, W) or closed, or has no columns
   */
  public static Columns all(NDArray array) {
    Shape shape = Operands.shape("array", array);
    requireTokens(shape);
    return new Columns(array, 0, Math.toIntExact(shape.get(2)));
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

  private static void requireTokens(Shape shape) {
    if (shape.dimension() != 3) {
      throw Operands.misfit("array", "(B, L, W)", shape);
    }
  }
}
