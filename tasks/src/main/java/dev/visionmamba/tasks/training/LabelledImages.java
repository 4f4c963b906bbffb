package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.image.PixelImage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;

/**
 * Grey images of one size, each with a class: a data set that fits the heap. Immutable, one byte
 * per pixel and one per label.
 */
public final class LabelledImages implements ImageDataset {
  private final int height;
  private final int width;
  private final byte[] pixels;
  private final byte[] labels;
  private final List<String> classNames;

  /** Takes the arrays over; checks everything but that nobody changes them. */
  LabelledImages(int height, int width, byte[] pixels, byte[] labels, List<String> classNames) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException("images of " + height + " x " + width + " pixels");
    }
    if (pixels.length != (long) labels.length * height * width) {
      throw new IllegalArgumentException(
          String.format(
              "%d pixels are not %d images of %d x %d",
              pixels.length, labels.length, height, width));
    }
    this.classNames = List.copyOf(classNames);
    for (int i = 0; i < labels.length; i++) {
      if ((labels[i] & 0xFF) >= this.classNames.size()) {
        throw new IllegalArgumentException(
            String.format(
                "label %d is %d, but there are %d classes",
                i, labels[i] & 0xFF, this.classNames.size()));
      }
    }
    this.height = height;
    this.width = width;
    this.pixels = pixels;
    this.labels = labels;
  }

  /**
   * Makes a data set from copies of its parts.
   *
   * @param height pixels per column, at least 1
   * @param width pixels per row, at least 1
   * @param pixels grey levels, 0 (black) to 255 unsigned, image after image, row after row: (count,
   *     height, width)
   * @param labels one class per image, unsigned, below the number of classes: (count)
   * @param classNames the classes' names by label
   * @return the data set
   * @throws IllegalArgumentException if the sizes do not fit each other or a label has no class
   */
  public static LabelledImages of(
      int height, int width, byte[] pixels, byte[] labels, List<String> classNames) {
    return new LabelledImages(height, width, pixels.clone(), labels.clone(), classNames);
  }

  /**
   * Makes a data set of pictures.
   *
   * @param pictures of one size, at least one; what is kept are their grey levels
   * @param pictureLabels the class of each, 0 to the number of classes - 1, at most 255
   * @param classNames the classes' names by label
   * @return the data set
   * @throws IllegalArgumentException if there are no pictures, they differ in size, there are not
   *     as many labels, or a label has no class
   */
  public static LabelledImages of(
      List<PixelImage> pictures, List<Integer> pictureLabels, List<String> classNames) {
    if (pictures.isEmpty() || pictures.size() != pictureLabels.size()) {
      throw new IllegalArgumentException(
          "a data set takes at least one picture and a label for each, got %d and %d"
              .formatted(pictures.size(), pictureLabels.size()));
    }
    int height = pictures.get(0).height();
    int width = pictures.get(0).width();
    byte[] pixels = new byte[pictures.size() * height * width];
    byte[] labels = new byte[pictures.size()];
    for (int i = 0; i < labels.length; i++) {
      PixelImage picture = pictures.get(i);
      if (picture.height() != height || picture.width() != width) {
        throw new IllegalArgumentException(
            "picture %d has %dx%d pixels, the first %dx%d"
                .formatted(i, picture.width(), picture.height(), width, height));
      }
      int label = pictureLabels.get(i);
      if (label < 0 || label > 255) {
        throw new IllegalArgumentException("label " + i + " must be 0 to 255, got " + label);
      }
      System.arraycopy(picture.grey(), 0, pixels, i * height * width, height * width);
      labels[i] = (byte) label;
    }
    return new LabelledImages(height, width, pixels, labels, classNames);
  }

  /**
   * Returns the first images.
   *
   * @param limit how many at most, at least 0
   * @return this data set if it has no more, else a copy of its beginning
   */
  @Override
  public LabelledImages first(int limit) {
    if (limit >= labels.length) {
      return this;
    }
    return new LabelledImages(
        height,
        width,
        Arrays.copyOf(pixels, limit * height * width),
        Arrays.copyOf(labels, limit),
        classNames);
  }

  /**
   * Returns how many images there are.
   *
   * @return the count, may be 0
   */
  @Override
  public int count() {
    return labels.length;
  }

  /**
   * Returns the images' height.
   *
   * @return pixels
   */
  public int height() {
    return height;
  }

  /**
   * Returns the images' width.
   *
   * @return pixels
   */
  public int width() {
    return width;
  }

  /**
   * Returns the classes' names.
   *
   * @return the names by label; cannot be changed
   */
  @Override
  public List<String> classNames() {
    return classNames;
  }

  /**
   * Returns an image's class.
   *
   * @param index the image, 0 to count - 1
   * @return the label, 0 to the number of classes - 1
   * @throws IndexOutOfBoundsException if there is no such image
   */
  @Override
  public int label(int index) {
    return labels[index] & 0xFF;
  }

  @Override
  public PixelImage picture(int index) {
    ByteBuffer grey = image(index);
    byte[] rgb = new byte[3 * height * width];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = grey.get(i / 3);
    }
    return new PixelImage(width, height, rgb);
  }

  @Override
  public String identity() {
    CRC32 sum = new CRC32();
    sum.update(labels);
    return String.format("%d grey images, labels %08x", count(), sum.getValue());
  }

  /**
   * Returns an image's pixels without copying them.
   *
   * @param index the image, 0 to count - 1
   * @return a read-only buffer of grey levels, 0 to 255 unsigned: (height, width)
   * @throws IndexOutOfBoundsException if there is no such image
   */
  public ByteBuffer image(int index) {
    int size = height * width;
    int start = Objects.checkIndex(index, labels.length) * size;
    return ByteBuffer.wrap(pixels, start, size).slice().asReadOnlyBuffer();
  }

  /**
   * Returns one pixel.
   *
   * @param index the image, 0 to count - 1
   * @param y the row, 0 (top) to height - 1
   * @param x the column, 0 (left) to width - 1
   * @return the grey level, 0 to 255
   * @throws IndexOutOfBoundsException if there is no such pixel
   */
  public int pixel(int index, int y, int x) {
    Objects.checkIndex(index, labels.length);
    Objects.checkIndex(y, height);
    Objects.checkIndex(x, width);
    return pixels[(index * height + y) * width + x] & 0xFF;
  }
}
