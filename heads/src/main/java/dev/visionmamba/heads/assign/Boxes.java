package dev.visionmamba.heads.assign;

import java.util.Arrays;
import java.util.Objects;

/**
 * Boxes in a float array: x1 y1 x2 y2 of the first, then of the next. Overlaps are computed in
 * float32, an area without the one pixel that early detectors added to each side.
 */
public final class Boxes {
  /** An area that is divided by is at least this, in square pixels, as in mmdet. */
  static final float LEAST_AREA = 1e-6f;

  private Boxes() {}

  /**
   * How many boxes there are.
   *
   * @param name of the argument, for the error
   * @param boxes (N, 4), flat
   * @return N
   * @throws IllegalArgumentException unless the numbers come in fours, are finite, and x1 &lt;= x2
   *     and y1 &lt;= y2; an area must be finite as well
   */
  public static int require(String name, float[] boxes) {
    Objects.requireNonNull(boxes, name);
    if (boxes.length % 4 != 0) {
      throw new IllegalArgumentException(
          name + " must have four numbers for each box, but has " + boxes.length);
    }
    for (int i = 0; i < boxes.length; i += 4) {
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
                + i / 4
                + "] must be finite, x1 <= x2, y1 <= y2, but is "
                + Arrays.toString(Arrays.copyOfRange(boxes, i, i + 4)));
      }
    }
    return boxes.length / 4;
  }

  /**
   * Intersection over union of all pairs. For an image's anchors the assigner needs no such matrix;
   * this is for smaller sets.
   *
   * @param boxes (N, 4), flat
   * @param others (M, 4), flat
   * @return (N, M), flat, within [0, 1]
   * @throws IllegalArgumentException if boxes are {@linkplain #require no boxes}, or the matrix has
   *     more than 2^31 - 1 elements
   */
  public static float[] iou(float[] boxes, float[] others) {
    int n = require("boxes", boxes);
    int m = require("others", others);
    if ((long) n * m > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "boxes and others must make at most 2^31 - 1 pairs, but are " + n + " and " + m);
    }
    float[] areas = areas(others);
    float[] matrix = new float[n * m];
    for (int i = 0; i < n; i++) {
      float area = area(boxes, 4 * i);
      for (int j = 0; j < m; j++) {
        float common = intersection(boxes, 4 * i, others, 4 * j);
        matrix[i * m + j] = common / Math.max(areas[j] + area - common, LEAST_AREA);
      }
    }
    return matrix;
  }

  /**
   * Some of the boxes.
   *
   * @param boxes (N, 4), flat
   * @param indices which, each less than N, in any order and any number of times
   * @return (indices, 4), flat
   * @throws IndexOutOfBoundsException if there is no such box
   */
  public static float[] rows(float[] boxes, int[] indices) {
    float[] rows = new float[4 * indices.length];
    for (int i = 0; i < indices.length; i++) {
      int from = Objects.checkIndex(indices[i], boxes.length / 4);
      System.arraycopy(boxes, 4 * from, rows, 4 * i, 4);
    }
    return rows;
  }

  /**
   * One set of boxes behind the other.
   *
   * @param first (N, 4), flat
   * @param second (M, 4), flat
   * @return (N + M, 4), flat
   */
  public static float[] concat(float[] first, float[] second) {
    float[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** The area of the box that starts at an index. */
  static float area(float[] boxes, int at) {
    return (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);
  }

  static float[] areas(float[] boxes) {
    float[] areas = new float[boxes.length / 4];
    for (int i = 0; i < areas.length; i++) {
      areas[i] = area(boxes, 4 * i);
    }
    return areas;
  }

  /** The area that two boxes have in common, which start at an index each. */
  static float intersection(float[] boxes, int i, float[] others, int j) {
    float width = Math.min(boxes[i + 2], others[j + 2]) - Math.max(boxes[i], others[j]);
    if (!(width > 0)) {
      return 0; // most pairs of an image lie apart
    }
    float height = Math.min(boxes[i + 3], others[j + 3]) - Math.max(boxes[i + 1], others[j + 1]);
    return height > 0 ? width * height : 0;
  }
}
