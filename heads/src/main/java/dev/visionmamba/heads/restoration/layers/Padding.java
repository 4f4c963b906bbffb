package dev.visionmamba.heads.restoration.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** Mirrors images at their right and their bottom edge. */
public final class Padding {
  private Padding() {}

  /**
   * The mirror lies on the last row and the last column, which are not repeated.
   *
   * @param images (B, C, H, W)
   * @param height wanted, from H to 2H-1
   * @param width wanted, from W to 2W-1
   * @return (B, C, height, width); the images themselves if they have this size
   * @throws IllegalArgumentException if the images are too small
   */
  public static NDArray reflect(NDArray images, long height, long width) {
    return extend(images, height, width, 1);
  }

  /**
   * As {@link #reflect}, again and again where the images are smaller than what is missing; a side
   * of one pixel is repeated.
   *
   * @param images (B, C, H, W)
   * @param height wanted, at least H
   * @param width wanted, at least W
   * @return (B, C, height, width); the images themselves if they have this size
   * @throws IllegalArgumentException if the images are larger
   */
  public static NDArray reflectAgain(NDArray images, long height, long width) {
    Shape shape = images.getShape();
    long tall = shape.get(2) == 1 ? Math.min(height, 2) : shape.get(2);
    long wide = shape.get(3) == 1 ? Math.min(width, 2) : shape.get(3);
    NDArray padded = symmetric(images, tall, wide);
    while (tall != height || wide != width) {
      NDArray before = padded;
      tall = Math.min(height, Math.max(1, 2 * tall - 1));
      wide = Math.min(width, Math.max(1, 2 * wide - 1));
      padded = reflect(before, tall, wide);
      if (before != images) {
        before.close();
      }
    }
    return padded;
  }

  /**
   * The mirror lies behind the last row and the last column, so that they are repeated.
   *
   * @param images (B, C, H, W)
   * @param height wanted, from H to 2H
   * @param width wanted, from W to 2W
   * @return (B, C, height, width); the images themselves if they have this size
   * @throws IllegalArgumentException if the images are too small
   */
  public static NDArray symmetric(NDArray images, long height, long width) {
    return extend(images, height, width, 0);
  }

  /**
   * The least multiple that a side fits in.
   *
   * @param side at least 1
   * @param multiple at least 1
   * @return the padded side
   */
  public static long roundUp(long side, int multiple) {
    return (side + multiple - 1) / multiple * multiple;
  }

  private static NDArray extend(NDArray images, long height, long width, int skipped) {
    Shape shape = images.getShape();
    long bottom = height - shape.get(2);
    long right = width - shape.get(3);
    if (bottom < 0 || right < 0 || bottom > shape.get(2) - skipped) {
      throw misfit(shape, height, width);
    }
    if (right > shape.get(3) - skipped) {
      throw misfit(shape, height, width);
    }
    NDArray tall = bottom == 0 ? images : extend(images, 2, bottom, skipped, ":, :, ");
    if (right == 0) {
      return tall;
    }
    NDArray padded = extend(tall, 3, right, skipped, "..., ");
    if (tall != images) {
      tall.close();
    }
    return padded;
  }

  private static IllegalArgumentException misfit(Shape shape, long height, long width) {
    return new IllegalArgumentException(
        "images " + shape + " cannot be mirrored to a size of " + height + "x" + width);
  }

  private static NDArray extend(NDArray x, int axis, long added, int skipped, String before) {
    long to = x.getShape().get(axis) - skipped;
    try (NDArray edge = x.get(before + (to - added) + ":" + to);
        NDArray mirrored = edge.flip(axis)) {
      return x.concat(mirrored, axis);
    }
  }
}
