package dev.visionmamba.tasks.annotations;

/**
 * A rectangle in a picture, in pixels: the picture's corner is (0, 0), x runs to the right and y
 * down, and a pixel is one wide, so that column 3 lies between x = 3 and x = 4. A box may be empty,
 * and may reach out of its picture.
 *
 * @param left the x where it begins
 * @param top the y where it begins
 * @param width at least 0
 * @param height at least 0
 */
public record Box(double left, double top, double width, double height) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is not finite, or a side is below 0
   */
  public Box {
    if (!Double.isFinite(left)
        || !Double.isFinite(top)
        || !Double.isFinite(left + width)
        || !Double.isFinite(top + height)
        || !(width >= 0 && height >= 0)) {
      throw new IllegalArgumentException(
          "a box has finite numbers and sides of at least 0, not left %s, top %s, width %s, height %s"
              .formatted(left, top, width, height));
    }
  }

  /**
   * The box between two corners.
   *
   * @param left the least x
   * @param top the least y
   * @param right the greatest x, at least left
   * @param bottom the greatest y, at least top
   * @return the box
   * @throws IllegalArgumentException if a number is not finite or the corners are exchanged
   */
  public static Box ofCorners(double left, double top, double right, double bottom) {
    return new Box(left, top, right - left, bottom - top);
  }

  /**
   * Where it ends.
   *
   * @return the x
   */
  public double right() {
    return left + width;
  }

  /**
   * Where it ends.
   *
   * @return the y
   */
  public double bottom() {
    return top + height;
  }

  /**
   * What it covers.
   *
   * @return square pixels, at least 0
   */
  public double area() {
    return width * height;
  }

  /**
   * The part inside a picture.
   *
   * @param pictureWidth the picture's columns
   * @param pictureHeight the picture's rows
   * @return a box inside the picture; empty if none of this one is
   */
  public Box clipped(int pictureWidth, int pictureHeight) {
    double newLeft = Math.max(0, Math.min(left, pictureWidth));
    double newTop = Math.max(0, Math.min(top, pictureHeight));
    double newRight = Math.max(newLeft, Math.min(right(), pictureWidth));
    double newBottom = Math.max(newTop, Math.min(bottom(), pictureHeight));
    return ofCorners(newLeft, newTop, newRight, newBottom);
  }

  /**
   * How well it meets a true box, as COCO measures it.
   *
   * @param truth the true box
   * @param crowd whether that is a crowd: then the share of this box that lies in it
   * @return the intersection over the union, or over this box's area for a crowd; 0 if they do not
   *     overlap
   */
  public double overlap(Box truth, boolean crowd) {
    double across = Math.min(right(), truth.right()) - Math.max(left, truth.left);
    double down = Math.min(bottom(), truth.bottom()) - Math.max(top, truth.top);
    if (across <= 0 || down <= 0) {
      return 0;
    }
    double common = across * down;
    return common / (crowd ? area() : area() + truth.area() - common);
  }
}
