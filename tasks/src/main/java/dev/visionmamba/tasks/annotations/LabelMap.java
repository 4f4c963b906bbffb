package dev.visionmamba.tasks.annotations;

import java.util.Arrays;
import java.util.Objects;

/**
 * The class of every pixel of a picture, 0 to 254 as an unsigned byte; 255 for those that have none
 * and are not judged.
 *
 * <p>The array is held, not copied; treat it as read-only once it is in here. Two maps are equal
 * when their sizes and labels are.
 *
 * @param width columns, at least 1
 * @param height rows, at least 1
 * @param labels row after row: (height, width)
 */
public record LabelMap(int width, int height, byte[] labels) {
  /** The label of pixels that have no class. */
  public static final int IGNORED = 255;

  /** The most classes. */
  public static final int MOST_CLASSES = 255;

  /**
   * Checks the size against the labels.
   *
   * @throws IllegalArgumentException if a side is below 1 or the array has another length than
   *     width times height
   */
  public LabelMap {
    Objects.requireNonNull(labels, "labels");
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "a map of labels has at least 1x1 pixels, not " + width + "x" + height);
    }
    if (labels.length != (long) width * height) {
      throw new IllegalArgumentException(
          "a map of %dx%d labels takes %d bytes, got %d"
              .formatted(width, height, (long) width * height, labels.length));
    }
  }

  /**
   * A pixel's label.
   *
   * @param x the column, 0 (left) to width - 1
   * @param y the row, 0 (top) to height - 1
   * @return the class, or {@link #IGNORED}
   * @throws IndexOutOfBoundsException if there is no such pixel
   */
  public int label(int x, int y) {
    Objects.checkIndex(x, width);
    Objects.checkIndex(y, height);
    return labels[y * width + x] & 0xff;
  }

  /**
   * How many pixels have each label.
   *
   * @return by label, 0 to 255
   */
  public int[] counts() {
    int[] counts = new int[IGNORED + 1];
    for (byte label : labels) {
      counts[label & 0xff]++;
    }
    return counts;
  }

  /**
   * The labels of a data set that counts its classes from 1 and gives 0 to pixels without one, as
   * ADE20K does: each is lowered by one, and 0 becomes {@link #IGNORED} ({@code reduce_zero_label}
   * in mmsegmentation).
   *
   * @return a new map
   */
  public LabelMap withoutZero() {
    byte[] lowered = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      int label = labels[i] & 0xff;
      lowered[i] = (byte) (label == 0 || label == IGNORED ? IGNORED : label - 1);
    }
    return new LabelMap(width, height, lowered);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelMap map
        && width == map.width
        && height == map.height
        && Arrays.equals(labels, map.labels);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(labels);
  }

  @Override
  public String toString() {
    return "LabelMap[" + width + "x" + height + "]";
  }
}
