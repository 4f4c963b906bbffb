package dev.visionmamba.tasks.image;

import ai.djl.modality.cv.Image;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;

/**
 * An upright picture of 8-bit RGB pixels, interleaved, rows from the top: the red, green and blue
 * level of the pixel in column x and row y are {@code rgb[3 * (y * width + x)]} and the two bytes
 * after it, each 0 to 255 unsigned. Levels are sRGB as stored; colour profiles are ignored, as the
 * published preprocessing does.
 *
 * <p>The array is held, not copied; treat it as read-only once it is in here. Two images are equal
 * when their sizes and pixels are.
 *
 * @param width columns, at least 1
 * @param height rows, at least 1
 * @param rgb the levels, {@code 3 * width * height} bytes
 */
public record PixelImage(int width, int height, byte[] rgb) {

  /**
   * Checks the size against the pixels.
   *
   * @throws IllegalArgumentException if a side is below 1 or the array has another length than
   *     {@code 3 * width * height}
   */
  public PixelImage {
    Objects.requireNonNull(rgb, "rgb");
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "An image has at least 1x1 pixels, not " + width + "x" + height);
    }
    if (rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "A %dx%d RGB image takes %d bytes, got %d"
              .formatted(width, height, 3L * width * height, rgb.length));
    }
  }

  /**
   * The pixels of an AWT image, not resampled. Alpha is dropped, the high byte of 16-bit levels is
   * taken, and grey and RGB levels are taken as they are stored: AWT's own conversion of grey
   * images would shift them through a gamma curve.
   *
   * @param image any AWT image
   * @return its pixels, in an array of their own
   */
  public static PixelImage of(BufferedImage image) {
    return new PixelImage(image.getWidth(), image.getHeight(), Rasters.rgb(image));
  }

  /**
   * The pixels of a DJL image, not resampled, whichever of DJL's factories made it. An image that
   * wraps neither an AWT image nor an OpenCV matrix of 8-bit levels is taken through its own
   * lossless PNG form.
   *
   * @param image a DJL image
   * @return its pixels, in an array of their own
   * @throws IllegalArgumentException if the image can not be written as a PNG
   */
  public static PixelImage of(Image image) {
    Object wrapped = image.getWrappedImage();
    if (wrapped instanceof BufferedImage awt) {
      return of(awt);
    }
    // By name: the class is absent where the optional OpenCV is.
    if (wrapped != null && wrapped.getClass().getName().equals("org.opencv.core.Mat")) {
      byte[] rgb = OpenCvPixels.rgb(wrapped);
      if (rgb != null) {
        return new PixelImage(image.getWidth(), image.getHeight(), rgb);
      }
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      image.save(png, "png");
      return ImageDecoder.decode(png.toByteArray(), "DJL image");
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "Can not take the pixels of a " + image.getClass().getName() + ": " + e.getMessage(), e);
    }
  }

  /**
   * A copy for AWT, for drawing on and for writing to a file.
   *
   * @return an image of {@link BufferedImage#TYPE_3BYTE_BGR} with the same levels
   */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < bgr.length; i += 3) {
      bgr[i] = rgb[i + 2];
      bgr[i + 1] = rgb[i + 1];
      bgr[i + 2] = rgb[i];
    }
    return image;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PixelImage image
        && width == image.width
        && height == image.height
        && Arrays.equals(rgb, image.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(rgb);
  }

  @Override
  public String toString() {
    return "PixelImage[" + width + "x" + height + "]";
  }
}
