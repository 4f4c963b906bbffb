package dev.visionmamba.heads.assign;

import java.util.Arrays;

/** Which of an image's anchors take part in training. */
public final class AnchorFlags {
  private AnchorFlags() {}

  /**
   * The anchors of one feature level whose places lie on the image, not on what a batch padded it
   * with.
   *
   * @param height of the feature map
   * @param width of the feature map
   * @param validHeight how many of its rows lie on the image, 0 to height
   * @param validWidth how many of its columns lie on the image, 0 to width
   * @param anchors at each place
   * @return (height * width * anchors), in the order y, x, anchor
   * @throws IllegalArgumentException if a number is out of range
   */
  public static boolean[] valid(
      int height, int width, int validHeight, int validWidth, int anchors) {
    require(height >= 0, "height", "at least 0", height);
    require(width >= 0, "width", "at least 0", width);
    require(validHeight >= 0 && validHeight <= height, "validHeight", "0 to height", validHeight);
    require(validWidth >= 0 && validWidth <= width, "validWidth", "0 to width", validWidth);
    require(anchors >= 1, "anchors", "at least 1", anchors);
    boolean[] valid = new boolean[Math.multiplyExact(Math.multiplyExact(height, width), anchors)];
    for (int y = 0; y < validHeight; y++) {
      int row = y * width * anchors;
      Arrays.fill(valid, row, row + validWidth * anchors, true);
    }
    return valid;
  }

  /**
   * The anchors that reach over the image's edge by less than a border allows.
   *
   * @param anchors (N, 4), flat, x1 y1 x2 y2 in pixels
   * @param valid (N), which anchors to look at, {@code valid} of all levels; null: all
   * @param imageHeight in pixels, without padding
   * @param imageWidth in pixels, without padding
   * @param border in pixels: an anchor stays if x1, y1 &gt;= -border, x2 &lt; width + border and y2
   *     &lt; height + border; negative: all valid ones stay
   * @return (N)
   * @throws IllegalArgumentException if anchors are {@linkplain Boxes#require no boxes}, or the
   *     flags are not N
   */
  public static boolean[] inside(
      float[] anchors, boolean[] valid, int imageHeight, int imageWidth, float border) {
    int n = Boxes.require("anchors", anchors);
    if (valid != null && valid.length != n) {
      throw new IllegalArgumentException(
          "valid must have " + n + " flags, one for each anchor, but has " + valid.length);
    }
    if (Float.isNaN(border)) {
      throw new IllegalArgumentException("border must be a number, but is NaN");
    }
    boolean[] inside = new boolean[n];
    for (int i = 0; i < n; i++) {
      int at = 4 * i;
      inside[i] =
          (valid == null || valid[i])
              && (border < 0
                  || (anchors[at] >= -border
                      && anchors[at + 1] >= -border
                      && anchors[at + 2] < imageWidth + border
                      && anchors[at + 3] < imageHeight + border));
    }
    return inside;
  }

  private static void require(boolean holds, String name, String wanted, int got) {
    if (!holds) {
      throw new IllegalArgumentException(name + " must be " + wanted + ", but is " + got);
    }
  }
}
