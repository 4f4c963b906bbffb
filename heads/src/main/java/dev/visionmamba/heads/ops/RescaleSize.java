package dev.visionmamba.heads.ops;

/**
 * The size to which an image is resized, its proportions kept to the pixel.
 *
 * @param height in pixels
 * @param width in pixels
 * @param scaleX new width by old width
 * @param scaleY new height by old height
 */
public record RescaleSize(int height, int width, double scaleX, double scaleY) {

  /**
   * The largest size that fits both limits, as mmcv computes it: the long side is at most the
   * longer limit and the short side at most the shorter one.
   *
   * @param height of the image in pixels, at least 1
   * @param width of the image in pixels, at least 1
   * @param oneLimit in pixels, such as 1333
   * @param otherLimit in pixels, such as 800
   * @return the new size, rounded to the nearest pixel
   * @throws IllegalArgumentException if a number is below 1
   */
  public static RescaleSize within(int height, int width, int oneLimit, int otherLimit) {
    require(height, width, oneLimit, otherLimit);
    double factor =
        Math.min(
            (double) Math.max(oneLimit, otherLimit) / Math.max(height, width),
            (double) Math.min(oneLimit, otherLimit) / Math.min(height, width));
    return of(height, width, height * factor, width * factor);
  }

  /**
   * The size whose short side is as wanted, unless the long side then is beyond a limit; as
   * detectron2 computes it.
   *
   * @param height of the image in pixels, at least 1
   * @param width of the image in pixels, at least 1
   * @param shortSide wanted, in pixels
   * @param longestSide the limit of the long side in pixels
   * @return the new size, rounded to the nearest pixel
   * @throws IllegalArgumentException if a number is below 1
   */
  public static RescaleSize shortSide(int height, int width, int shortSide, int longestSide) {
    require(height, width, shortSide, longestSide);
    double factor = (double) shortSide / Math.min(height, width);
    double newHeight = height < width ? shortSide : factor * height;
    double newWidth = height < width ? factor * width : shortSide;
    double longest = Math.max(newHeight, newWidth);
    if (longest > longestSide) {
      newHeight *= longestSide / longest;
      newWidth *= longestSide / longest;
    }
    return of(height, width, newHeight, newWidth);
  }

  private static void require(int height, int width, int oneLimit, int otherLimit) {
    if (height < 1 || width < 1 || oneLimit < 1 || otherLimit < 1) {
      throw new IllegalArgumentException(
          String.format(
              "an image of %dx%d cannot be resized within %d and %d: all must be at least 1",
              height, width, oneLimit, otherLimit));
    }
  }

  private static RescaleSize of(int height, int width, double newHeight, double newWidth) {
    // A very long image keeps at least a pixel of its short side.
    int roundedHeight = Math.max(1, (int) (newHeight + 0.5));
    int roundedWidth = Math.max(1, (int) (newWidth + 0.5));
    return new RescaleSize(
        roundedHeight,
        roundedWidth,
        (double) roundedWidth / width,
        (double) roundedHeight / height);
  }

  /**
   * A side padded to a multiple.
   *
   * @param side in pixels
   * @param divisor at least 1; 32 as published
   * @return the least multiple of the divisor that is not below the side
   */
  public static int padded(int side, int divisor) {
    return (side + divisor - 1) / divisor * divisor;
  }
}
