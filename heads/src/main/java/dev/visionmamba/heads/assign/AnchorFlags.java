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

  private static void require(boolean holds, String name, String wanted, int got) {
    if (!holds) {
      throw new IllegalArgumentException(name + " must be " + wanted + ", but is " + got);
    }
  }
}
