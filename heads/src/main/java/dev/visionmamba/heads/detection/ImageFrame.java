package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.RescaleSize;

/**
 * An image of a batch: its size in the network's input, without what is padded, and its original
 * size. All in pixels.
 *
 * @param height in the network's input
 * @param width in the network's input
 * @param originalHeight of the image
 * @param originalWidth of the image
 */
public record ImageFrame(int height, int width, int originalHeight, int originalWidth) {

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if one is below 1
   */
  public ImageFrame {
    if (height < 1 || width < 1 || originalHeight < 1 || originalWidth < 1) {
      throw new IllegalArgumentException(
          String.format(
              "an image must be at least 1x1, got %dx%d of an original of %dx%d",
              height, width, originalHeight, originalWidth));
    }
  }

  /**
   * An image that is not resized.
   *
   * @param height in pixels
   * @param width in pixels
   * @return its frame
   */
  public static ImageFrame of(int height, int width) {
    return new ImageFrame(height, width, height, width);
  }

  /**
   * An image that is resized.
   *
   * @param size to which
   * @param originalHeight in pixels
   * @param originalWidth in pixels
   * @return its frame
   */
  public static ImageFrame of(RescaleSize size, int originalHeight, int originalWidth) {
    return new ImageFrame(size.height(), size.width(), originalHeight, originalWidth);
  }

  /**
   * How much wider the network's input is than the original, in float32 as the references have it.
   *
   * @return above 0
   */
  public float scaleX() {
    return (float) ((double) width / originalWidth);
  }

  /**
   * How much higher the network's input is than the original, in float32 as the references have it.
   *
   * @return above 0
   */
  public float scaleY() {
    return (float) ((double) height / originalHeight);
  }
}
