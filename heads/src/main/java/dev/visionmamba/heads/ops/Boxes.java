package dev.visionmamba.heads.ops;

import java.util.Arrays;
import java.util.Objects;

/**
 * Boxes as arrays of floats, four each: x1, y1, x2, y2 in pixels. Overlaps are computed in float32,
 * an area without the one pixel that early detectors added to each side.
 */
public final class Boxes {
  /** Floats of a box. */
  public static final int COORDINATES = 4;

  /** An area that is divided by is at least this, in square pixels, as in mmdet. */
  private static final float LEAST_AREA = 1e-6f;

  private Boxes() {}

  /**
   * How many boxes an array holds.
   *
   * @param boxes four floats each
   * @return at least 0
   * @throws IllegalArgumentException if the length is no multiple of four
   */
  public static int count(float[] boxes) {
    if (boxes.length % COORDINATES != 0) {
      throw new IllegalArgumentException(
          "boxes must be four floats each, but there are " + boxes.length + " floats");
    }
    return boxes.length / COORDINATES;
  }

  /**
   * Refuses what overlaps cannot be told of.
   *
   * @param name of the boxes, for the error
   * @param boxes n boxes
   * @return n
   * @throws IllegalArgumentException unless the numbers come in fours, are finite, and x1 &lt;= x2
   *     and y1 &lt;= y2; an area must be finite as well
   */
  public static int require(String name, float[] boxes) {
    Objects.requireNonNull(boxes, name);
    if (boxes.length % COORDINATES != 0) {
      throw new IllegalArgumentException(
          name + " must have four numbers for each box, but has " + boxes.length);
    }
    for (int i = 0; i < boxes.length; i += COORDINATES) {
      // Written so that NaN fails.
      boolean fits =
          boxes[i] <= boxes[i + 2]
              && boxes[i + 1] <= boxes[i + 3]
              && area(boxes, i) < Float.POSITIVE_INFINITY
              && Math.abs(boxes[i]) < Float.POSITIVE_INFINITY
              && Math.abs(boxes[i + 1]) < Float.POSITIVE_INFINITY;
      if (!fits) {
        throw new IllegalArgumentException(
            name
                + "["
                + i / COORDINATES
                + "] must be finite, x1 <= x2, y1 <= y2, but is "
                + Arrays.toString(Arrays.copyOfRange(boxes, i, i + COORDINATES)));
      }
    }
    return boxes.length / COORDINATES;
  }

  /**
   * Refuses numbers that are none, of which no order can be told.
   *
   * @param values the numbers
   * @param what what they are called in the error
   * @throws IllegalArgumentException if one is NaN or infinite; the message names the first
   */
  static void requireFinite(float[] values, String what) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            what + " must be finite, but [" + i + "] is " + values[i]);
      }
    }
  }

  /**
   * Some of the boxes.
   *
   * @param boxes n boxes
   * @param indices which, from 0 to n - 1, in any order and any number of times
   * @return one box for each index
   * @throws IndexOutOfBoundsException if there is no such box
   */
  public static float[] select(float[] boxes, int[] indices) {
    float[] selected = new float[indices.length * COORDINATES];
    for (int i = 0; i < indices.length; i++) {
      int from = Objects.checkIndex(indices[i], boxes.length / COORDINATES);
      System.arraycopy(boxes, from * COORDINATES, selected, i * COORDINATES, COORDINATES);
    }
    return selected;
  }

  /**
   * One set of boxes behind the other.
   *
   * @param first n boxes
   * @param second m boxes
   * @return n + m boxes
   */
  public static float[] concat(float[] first, float[] second) {
    float[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /**
   * Boxes cut at the borders of an image: x to [0, width] and y to [0, height].
   *
   * @param boxes n boxes
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return n boxes; of one that lies outside, the nearest border
   */
  public static float[] clip(float[] boxes, float height, float width) {
    float[] clipped = new float[boxes.length];
    for (int i = 0; i < boxes.length; i++) {
      float limit = (i & 1) == 0 ? width : height;
      clipped[i] = Math.min(Math.max(boxes[i], 0f), limit);
    }
    return clipped;
  }

  /**
   * Boxes in another frame: x times scaleX and y times scaleY.
   *
   * @param boxes n boxes
   * @param scaleX how much wider the other frame is
   * @param scaleY how much higher
   * @return n boxes
   */
  public static float[] scale(float[] boxes, double scaleX, double scaleY) {
    float[] scaled = new float[boxes.length];
    for (int i = 0; i < boxes.length; i++) {
      scaled[i] = (float) (boxes[i] * ((i & 1) == 0 ? scaleX : scaleY));
    }
    return scaled;
  }

  /**
   * Intersection over union of every pair.
   *
   * @param boxes n boxes
   * @param others m boxes
   * @return n x m, row by row, within [0, 1]; 0 where two boxes do not overlap, also where both are
   *     empty
   * @throws IllegalArgumentException if boxes are {@linkplain #require no boxes}, or there are more
   *     than 2^31 - 1 pairs
   */
  public static float[] iou(float[] boxes, float[] others) {
    int n = require("boxes", boxes);
    int m = require("others", others);
    if ((long) n * m > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "boxes and others must make at most 2^31 - 1 pairs, but are " + n + " and " + m);
    }
    float[] iou = new float[n * m];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < m; j++) {
        iou[i * m + j] = iou(boxes, i, others, j);
      }
    }
    return iou;
  }

  /**
   * Intersection over union of one pair.
   *
   * @param boxes as {@link #require} wants them, which is not checked
   * @param i one of them
   * @param others as {@link #require} wants them, which is not checked
   * @param j one of them
   * @return within [0, 1]; 0 where they do not overlap
   */
  public static float iou(float[] boxes, int i, float[] others, int j) {
    float common = intersection(boxes, i, others, j);
    if (common == 0) {
      return 0; // most pairs of an image lie apart
    }
    float union = area(others, COORDINATES * j) + area(boxes, COORDINATES * i) - common;
    return common / Math.max(union, LEAST_AREA);
  }

  /**
   * Intersection over foreground of one pair: the share of a box that lies in another.
   *
   * @param boxes as {@link #require} wants them, which is not checked
   * @param i one of them
   * @param others as {@link #require} wants them, which is not checked
   * @param j one of them
   * @return within [0, 1]; 0 where they do not overlap
   */
  public static float iof(float[] boxes, int i, float[] others, int j) {
    return intersection(boxes, i, others, j) / Math.max(area(boxes, COORDINATES * i), LEAST_AREA);
  }

  /** The area of the box that starts at a float. */
  private static float area(float[] boxes, int at) {
    return (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);
  }

  /** The area that two boxes have in common. */
  private static float intersection(float[] boxes, int i, float[] others, int j) {
    int a = COORDINATES * i;
    int b = COORDINATES * j;
    float width = Math.min(boxes[a + 2], others[b + 2]) - Math.max(boxes[a], others[b]);
    if (!(width > 0)) {
      return 0;
    }
    float height = Math.min(boxes[a + 3], others[b + 3]) - Math.max(boxes[a + 1], others[b + 1]);
    return height > 0 ? width * height : 0;
  }
}
