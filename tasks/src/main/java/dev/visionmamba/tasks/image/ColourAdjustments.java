package dev.visionmamba.tasks.image;

/**
 * Brighter, more contrasting and more colourful pictures, bit for bit as PIL's {@code ImageEnhance}
 * makes them, and so torchvision's {@code ColorJitter} of PIL images: a blend, in single precision
 * and cut down to whole levels, between the picture and a plain version of it. A factor of 1 leaves
 * the picture as it is, 0 gives the plain version, more than 1 goes beyond the picture.
 */
public final class ColourAdjustments {
  private ColourAdjustments() {}

  /**
   * Blends with black.
   *
   * @param image any image
   * @param factor at least 0
   * @return an image of the same size
   * @throws IllegalArgumentException if the factor is below 0 or not finite
   */
  public static PixelImage brightness(PixelImage image, float factor) {
    return blend(image, factor, new byte[image.width() * image.height()]);
  }

  /**
   * Blends with the mean grey of the whole picture.
   *
   * @param image any image
   * @param factor at least 0
   * @return an image of the same size
   * @throws IllegalArgumentException if the factor is below 0 or not finite
   */
  public static PixelImage contrast(PixelImage image, float factor) {
    byte[] grey = image.grey();
    long sum = 0;
    for (byte level : grey) {
      sum += level & 0xff;
    }
    java.util.Arrays.fill(grey, (byte) (int) ((double) sum / grey.length + 0.5));
    return blend(image, factor, grey);
  }

  /**
   * Blends with the picture in grey.
   *
   * @param image any image
   * @param factor at least 0
   * @return an image of the same size
   * @throws IllegalArgumentException if the factor is below 0 or not finite
   */
  public static PixelImage saturation(PixelImage image, float factor) {
    return blend(image, factor, image.grey());
  }

  /** PIL's {@code Image.blend(plain, image, factor)} (Blend.c); the plain image has one level. */
  private static PixelImage blend(PixelImage image, float factor, byte[] plain) {
    if (!(factor >= 0) || !Float.isFinite(factor)) {
      throw new IllegalArgumentException("the factor must be at least 0, got " + factor);
    }
    byte[] rgb = image.rgb();
    byte[] blended = new byte[rgb.length];
    for (int i = 0; i < blended.length; i++) {
      int from = plain[i / 3] & 0xff;
      float level = from + factor * ((rgb[i] & 0xff) - from);
      blended[i] = (byte) (int) Math.max(0, Math.min(255, level));
    }
    return new PixelImage(image.width(), image.height(), blended);
  }
}
