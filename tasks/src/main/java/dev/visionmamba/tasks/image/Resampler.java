package dev.visionmamba.tasks.image;

import java.util.Arrays;

/**
 * PIL's {@code Image.resize} for 8-bit levels, bit for bit (ImagingResample, Pillow's Resample.c):
 * antialiased and separable, rows first, rounded to 8 bits, then columns, in fixed-point
 * arithmetic. The published accuracies were measured on pixels made so; AWT's, OpenCV's and
 * libtorch's resizing differ by up to 60 levels.
 */
public final class Resampler {
  private static final int PRECISION = ResamplingWeights.PRECISION;
  private static final int HALF = 1 << PRECISION - 1;

  private Resampler() {}

  /**
   * Resizes an image.
   *
   * @param image any image
   * @param newWidth columns of the result, at least 1
   * @param newHeight rows of the result, at least 1
   * @param interpolation the kernel
   * @return the resized image; its array is the given image's own if the size is the same
   * @throws IllegalArgumentException if a side is below 1, or the result or what lies between the
   *     two steps is over 2 GiB
   */
  public static PixelImage resize(
      PixelImage image, int newWidth, int newHeight, Interpolation interpolation) {
    byte[] pixels =
        resize(image.rgb(), image.width(), image.height(), 3, newWidth, newHeight, interpolation);
    return new PixelImage(newWidth, newHeight, pixels);
  }

  /**
   * Resizes interleaved levels of any number of channels, each on its own.
   *
   * @param pixels unsigned levels, {@code height * width * channels} bytes, not changed
   * @param width columns
   * @param height rows
   * @param channels levels of a pixel
   * @param newWidth columns of the result, at least 1
   * @param newHeight rows of the result, at least 1
   * @param interpolation the kernel
   * @return {@code newHeight * newWidth * channels} levels; the given array if the size is the same
   * @throws IllegalArgumentException if a size is below 1, the array has another length, or the
   *     result or what lies between the two steps is over 2 GiB
   */
  public static byte[] resize(
      byte[] pixels,
      int width,
      int height,
      int channels,
      int newWidth,
      int newHeight,
      Interpolation interpolation) {
    if (width < 1 || height < 1 || channels < 1 || newWidth < 1 || newHeight < 1) {
      throw new IllegalArgumentException(
          "Can not resize %dx%dx%d pixels to %dx%d: all must be at least 1"
              .formatted(height, width, channels, newHeight, newWidth));
    }
    Window all = new Window(newWidth, newHeight, 0, 0, newWidth, newHeight);
    return resize(pixels, width, height, channels, all, interpolation);
  }

  /**
   * A window of a resized image.
   *
   * @param fullWidth columns of the whole resized image
   * @param fullHeight rows of the whole resized image
   * @param left the window's first column
   * @param top the window's first row
   * @param width the window's columns
   * @param height the window's rows
   */
  record Window(long fullWidth, long fullHeight, long left, long top, int width, int height) {}

  /** Computes a window of the resized image alone: the same pixels as if cut from the whole. */
  static byte[] resize(
      byte[] pixels,
      int width,
      int height,
      int channels,
      Window window,
      Interpolation interpolation) {
    if (pixels.length != (long) width * height * channels) {
      throw new IllegalArgumentException(
          "%dx%dx%d pixels take %d bytes, got %d"
              .formatted(height, width, channels, (long) width * height * channels, pixels.length));
    }
    if ((long) window.width * window.height * channels > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "The resized image of %dx%d is too large".formatted(window.height, window.width));
    }
    ResamplingWeights vertical =
        window.fullHeight == height
            ? null
            : ResamplingWeights.of(
                height, window.fullHeight, window.top, window.height, interpolation);
    int start = vertical == null ? (int) window.top : vertical.inputStart();
    int end = vertical == null ? start + window.height : vertical.inputEnd();
    byte[] rows;
    if (window.fullWidth == width) {
      rows =
          cut(
              pixels,
              width * channels,
              start,
              end,
              (int) window.left * channels,
              window.width * channels);
    } else {
      ResamplingWeights horizontal =
          ResamplingWeights.of(width, window.fullWidth, window.left, window.width, interpolation);
      rows = horizontal(pixels, width, channels, start, end, horizontal);
    }
    return vertical == null ? rows : vertical(rows, window.width * channels, start, vertical);
  }

  /** Some bytes of each of some rows. */
  private static byte[] cut(
      byte[] pixels, int rowLength, int start, int end, int left, int length) {
    if (length == rowLength && (end - start) * rowLength == pixels.length) {
      return pixels;
    }
    if (length == rowLength) {
      return Arrays.copyOfRange(pixels, start * rowLength, end * rowLength);
    }
    byte[] out = new byte[(end - start) * length];
    for (int y = start; y < end; y++) {
      System.arraycopy(pixels, y * rowLength + left, out, (y - start) * length, length);
    }
    return out;
  }

  /** Resizes the rows from start to end along their length. */
  private static byte[] horizontal(
      byte[] pixels, int width, int channels, int start, int end, ResamplingWeights axis) {
    int rowLength = axis.count() * channels;
    if ((long) (end - start) * rowLength > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "The image is too large between the two steps of resizing: %d rows of %d levels"
              .formatted(end - start, rowLength));
    }
    byte[] out = new byte[(end - start) * rowLength];
    for (int y = start; y < end; y++) {
      int in = y * width * channels;
      int to = (y - start) * rowLength;
      if (channels == 3) {
        horizontalRgb(pixels, in, axis, out, to);
      } else {
        for (int c = 0; c < channels; c++) {
          horizontalChannel(pixels, in + c, channels, axis, out, to + c);
        }
      }
    }
    return out;
  }

  private static void horizontalRgb(
      byte[] pixels, int in, ResamplingWeights axis, byte[] out, int to) {
    int[] first = axis.first();
    int[] offsets = axis.offsets();
    int[] weights = axis.weights();
    for (int x = 0; x < first.length; x++, to += 3) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int from = in + 3 * first[x];
      for (int k = offsets[x]; k < offsets[x + 1]; k++, from += 3) {
        int weight = weights[k];
        red += (pixels[from] & 0xff) * weight;
        green += (pixels[from + 1] & 0xff) * weight;
        blue += (pixels[from + 2] & 0xff) * weight;
      }
      out[to] = clip(red);
      out[to + 1] = clip(green);
      out[to + 2] = clip(blue);
    }
  }

  private static void horizontalChannel(
      byte[] pixels, int in, int step, ResamplingWeights axis, byte[] out, int to) {
    int[] first = axis.first();
    int[] offsets = axis.offsets();
    int[] weights = axis.weights();
    for (int x = 0; x < first.length; x++, to += step) {
      int sum = HALF;
      int from = in + step * first[x];
      for (int k = offsets[x]; k < offsets[x + 1]; k++, from += step) {
        sum += (pixels[from] & 0xff) * weights[k];
      }
      out[to] = clip(sum);
    }
  }

  /** Resizes along the columns; {@code rows} begins with the input's row {@code start}. */
  private static byte[] vertical(byte[] rows, int rowLength, int start, ResamplingWeights axis) {
    byte[] out = new byte[axis.count() * rowLength];
    int[] sums = new int[rowLength];
    int[] offsets = axis.offsets();
    for (int y = 0; y < axis.count(); y++) {
      Arrays.fill(sums, HALF);
      int from = (axis.first()[y] - start) * rowLength;
      for (int k = offsets[y]; k < offsets[y + 1]; k++, from += rowLength) {
        addRow(rows, from, axis.weights()[k], sums);
      }
      int to = y * rowLength;
      for (int i = 0; i < rowLength; i++) {
        out[to + i] = clip(sums[i]);
      }
    }
    return out;
  }

  private static void addRow(byte[] rows, int from, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += (rows[from + i] & 0xff) * weight;
    }
  }

  private static byte clip(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
  }
}
