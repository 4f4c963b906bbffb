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

  /**
   * A part of this image.
   *
   * @param left its first column
   * @param top its first row
   * @param newWidth its columns, at least 1
   * @param newHeight its rows, at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is empty or not inside this image
   */
  public PixelImage crop(int left, int top, int newWidth, int newHeight) {
    if (left < 0
        || top < 0
        || newWidth < 1
        || newHeight < 1
        || newWidth > width - left
        || newHeight > height - top) {
      throw new IllegalArgumentException(
          "%dx%d pixels from column %d and row %d on are not inside %s"
              .formatted(newWidth, newHeight, left, top, this));
    }
    byte[] cropped = new byte[3 * newWidth * newHeight];
    for (int y = 0; y < newHeight; y++) {
      System.arraycopy(
          rgb, 3 * ((top + y) * width + left), cropped, 3 * y * newWidth, 3 * newWidth);
    }
    return new PixelImage(newWidth, newHeight, cropped);
  }

  /**
   * This image moved over black.
   *
   * @param up by how many rows, below 0 for down
   * @param left by how many columns, below 0 for right
   * @return an image of the same size; this one if it does not move
   */
  public PixelImage moved(int up, int left) {
    if (up == 0 && left == 0) {
      return this;
    }
    byte[] moved = new byte[rgb.length];
    int from = Math.max(0, left);
    int count = Math.min(width, width + left) - from;
    for (int y = Math.max(0, -up); y < Math.min(height, height - up) && count > 0; y++) {
      System.arraycopy(
          rgb, 3 * ((y + up) * width + from), moved, 3 * (y * width + from - left), 3 * count);
    }
    return new PixelImage(width, height, moved);
  }

  /**
   * This image as a mirror shows it.
   *
   * @return a copy with left and right exchanged
   */
  public PixelImage mirrored() {
    byte[] mirrored = new byte[rgb.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        System.arraycopy(rgb, 3 * (y * width + x), mirrored, 3 * (y * width + width - 1 - x), 3);
      }
    }
    return new PixelImage(width, height, mirrored);
  }

  /**
   * This image in grey, as PIL's {@code convert("L")} makes it: ITU-R 601 luma with 16 fractional
   * bits.
   *
   * @return one level a pixel, row after row
   */
  public byte[] grey() {
    byte[] grey = new byte[rgb.length / 3];
    for (int i = 0, in = 0; i < grey.length; i++, in += 3) {
      int red = rgb[in] & 0xff;
      int green = rgb[in + 1] & 0xff;
      int blue = rgb[in + 2] & 0xff;
      grey[i] = (byte) (red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16);
    }
    return grey;
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
