package dev.visionmamba.tasks.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.zoo.ImageInput;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * From a picture of any size to a network's input, bit for bit as torchvision makes it of a PIL
 * image: {@code Resize(resize)}, {@code CenterCrop((cropHeight, cropWidth))}, {@code ToTensor()},
 * {@code Normalize(mean, std)}; for one channel after PIL's {@code convert("L")}. Only the pixels
 * that the crop keeps are computed, so pictures of any shape take little memory.
 *
 * <p>A value is safe for use by several threads; the arrays are copied in and out.
 *
 * @param resize the length in pixels that the shorter side is resized to, at least 1; the longer
 *     side follows, cut down to whole pixels
 * @param interpolation the kernel of the resizing
 * @param cropHeight rows that are kept about the middle, at least 1; where the resized image has
 *     fewer, black is added on both sides
 * @param cropWidth columns that are kept, likewise
 * @param channels 3 for RGB, 1 for grey
 * @param mean what is subtracted from each channel, in levels from 0 to 1
 * @param std what each channel is divided by then, in the same unit, not 0
 */
public record Preprocessing(
    int resize,
    Interpolation interpolation,
    int cropHeight,
    int cropWidth,
    int channels,
    float[] mean,
    float[] std) {

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a size is below 1, the crop is over 2 GiB, there are not 1
   *     or 3 channels, mean or std has not one finite value a channel, or a std is 0
   */
  public Preprocessing {
    Objects.requireNonNull(interpolation, "interpolation");
    if (resize < 1 || cropHeight < 1 || cropWidth < 1) {
      throw new IllegalArgumentException(
          "Sizes must be at least 1: resize %d, crop %dx%d"
              .formatted(resize, cropHeight, cropWidth));
    }
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException("Channels must be 1 or 3, not " + channels);
    }
    if ((long) cropHeight * cropWidth * channels > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A crop of %dx%d is too large".formatted(cropHeight, cropWidth));
    }
    mean = checked("mean", mean, channels);
    std = checked("std", std, channels);
    for (float value : std) {
      if (value == 0) {
        throw new IllegalArgumentException("std must not be 0: " + Arrays.toString(std));
      }
    }
  }

  /**
   * What most published ImageNet classifiers are evaluated with: the shorter side resized to {@code
   * size / 0.875}, bicubic, a square crop, ImageNet's mean (0.485, 0.456, 0.406) and standard
   * deviation (0.229, 0.224, 0.225).
   *
   * @param size the crop's side in pixels, such as 224
   * @return the preprocessing
   * @throws IllegalArgumentException if the size is below 1
   */
  public static Preprocessing imageNet(int size) {
    return new Preprocessing(
        (int) (size / 0.875),
        Interpolation.BICUBIC,
        size,
        size,
        3,
        new float[] {0.485f, 0.456f, 0.406f},
        new float[] {0.229f, 0.224f, 0.225f});
  }

  /**
   * What a model's description asks for.
   *
   * @param input the description's input
   * @return the preprocessing
   */
  public static Preprocessing of(ImageInput input) {
    return new Preprocessing(
        input.resize(),
        Interpolation.valueOf(input.interpolation().toUpperCase(Locale.ROOT)),
        input.height(),
        input.width(),
        input.channels(),
        floats(input.mean()),
        floats(input.std()));
  }

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }

  /**
   * How many floats an image becomes.
   *
   * @return {@code channels * cropHeight * cropWidth}
   */
  public int length() {
    return channels * cropHeight * cropWidth;
  }

  /**
   * Resizes and crops.
   *
   * @param image any image
   * @return the levels, 0 to 255 unsigned, interleaved: (cropHeight, cropWidth, channels)
   */
  public byte[] pixels(PixelImage image) {
    int width = image.width();
    int height = image.height();
    long fullWidth = width <= height ? resize : longSide(width, height);
    long fullHeight = width <= height ? longSide(height, width) : resize;
    Span columns = Span.centered(fullWidth, cropWidth);
    Span rows = Span.centered(fullHeight, cropHeight);
    Resampler.Window window =
        new Resampler.Window(
            fullWidth, fullHeight, columns.from, rows.from, columns.count, rows.count);
    byte[] levels = channels == 3 ? image.rgb() : image.grey();
    byte[] found = Resampler.resize(levels, width, height, channels, window, interpolation);
    if (columns.count == cropWidth && rows.count == cropHeight) {
      return found == image.rgb() ? found.clone() : found;
    }
    byte[] padded = new byte[length()];
    int rowLength = columns.count * channels;
    for (int y = 0; y < rows.count; y++) {
      int to = ((rows.padding + y) * cropWidth + columns.padding) * channels;
      System.arraycopy(found, y * rowLength, padded, to, rowLength);
    }
    return padded;
  }

  /**
   * Resizes, crops and normalises, in 32-bit arithmetic: {@code (level / 255 - mean) / std}.
   *
   * @param image any image
   * @param target takes {@link #length()} floats from its position on, in the order (channels,
   *     cropHeight, cropWidth), and stands after them then; a batch is filled by one call for each
   *     image
   * @throws IllegalArgumentException if the target has less room; nothing is written then
   */
  public void write(PixelImage image, FloatBuffer target) {
    if (target.remaining() < length()) {
      throw new IllegalArgumentException(
          "An image takes %d floats, the buffer has room for %d"
              .formatted(length(), target.remaining()));
    }
    normalize(pixels(image), target);
  }

  /**
   * A network's input.
   *
   * @param manager gets the array
   * @param images any images
   * @return (images, channels, cropHeight, cropWidth), float32
   */
  public NDArray toArray(NDManager manager, List<PixelImage> images) {
    return HostMemory.write(
        manager,
        new Shape(images.size(), channels, cropHeight, cropWidth),
        memory -> images.forEach(image -> write(image, memory)));
  }

  /**
   * Normalises levels that have the network's size already, such as those of an augmented picture.
   *
   * @param levels 0 to 255 unsigned, interleaved: (cropHeight, cropWidth, channels)
   * @param target as for {@link #write}
   * @throws IllegalArgumentException if there are not {@link #length()} levels, or the target has
   *     less room; nothing is written then
   */
  public void normalize(byte[] levels, FloatBuffer target) {
    if (levels.length != length() || target.remaining() < length()) {
      throw new IllegalArgumentException(
          "An image has %d levels and takes as many floats; got %d levels and room for %d"
              .formatted(length(), levels.length, target.remaining()));
    }
    float[] row = new float[cropWidth];
    float[] values = new float[256];
    for (int c = 0; c < channels; c++) {
      for (int level = 0; level < values.length; level++) {
        values[level] = (level / 255f - mean[c]) / std[c];
      }
      for (int y = 0, in = c; y < cropHeight; y++) {
        for (int x = 0; x < cropWidth; x++, in += channels) {
          row[x] = values[levels[in] & 0xff];
        }
        target.put(row);
      }
    }
  }

  /**
   * What is subtracted from each channel.
   *
   * @return a copy, one value a channel, in levels from 0 to 1
   */
  @Override
  public float[] mean() {
    return mean.clone();
  }

  /**
   * What each channel is divided by.
   *
   * @return a copy, one value a channel, in levels from 0 to 1
   */
  @Override
  public float[] std() {
    return std.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Preprocessing that
        && resize == that.resize
        && interpolation == that.interpolation
        && cropHeight == that.cropHeight
        && cropWidth == that.cropWidth
        && channels == that.channels
        && Arrays.equals(mean, that.mean)
        && Arrays.equals(std, that.std);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        resize,
        interpolation,
        cropHeight,
        cropWidth,
        channels,
        Arrays.hashCode(mean),
        Arrays.hashCode(std));
  }

  @Override
  public String toString() {
    return "Preprocessing[resize=%d %s, crop=%dx%d, channels=%d, mean=%s, std=%s]"
        .formatted(
            resize,
            interpolation,
            cropHeight,
            cropWidth,
            channels,
            Arrays.toString(mean),
            Arrays.toString(std));
  }

  /** torchvision's {@code int(size * long / short)}: a division in double precision, cut down. */
  private long longSide(int longer, int shorter) {
    return (long) ((double) ((long) resize * longer) / shorter);
  }

  private static float[] checked(String name, float[] values, int channels) {
    Objects.requireNonNull(values, name);
    if (values.length != channels) {
      throw new IllegalArgumentException(
          "%s needs %d values, one a channel: %s"
              .formatted(name, channels, Arrays.toString(values)));
    }
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(name + " must be finite: " + Arrays.toString(values));
      }
    }
    return values.clone();
  }

  /** The part of one axis that a crop about the middle keeps, and the padding before it. */
  private record Span(long from, int count, int padding) {
    /** torchvision's CenterCrop; Python rounds halves to the even neighbour, as rint does. */
    static Span centered(long size, int crop) {
      return crop > size
          ? new Span(0, (int) size, (crop - (int) size) / 2)
          : new Span((long) Math.rint((size - crop) / 2.0), crop, 0);
    }
  }
}
