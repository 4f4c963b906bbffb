package dev.visionmamba.heads.ops;

/** Boxes as arrays of floats, four each: x1, y1, x2, y2 in pixels. */
public final class Boxes {
  /** Floats of a box. */
  public static final int COORDINATES = 4;

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
   * Refuses what no order or overlap can be told of.
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
   * @param indices which, from 0 to n - 1
   * @return one box for each index
   */
  public static float[] select(float[] boxes, int[] indices) {
    float[] selected = new float[indices.length * COORDINATES];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(boxes, indices[i] * COORDINATES, selected, i * COORDINATES, COORDINATES);
    }
    return selected;
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
   * @param a n boxes
   * @param b m boxes
   * @return n x m, row by row; 0 where two boxes do not overlap, also where both are empty
   */
  public static float[] iou(float[] a, float[] b) {
    int rows = count(a);
    int columns = count(b);
    float[] iou = new float[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < rows; i++) {
      int p = i * COORDINATES;
      float area = (a[p + 2] - a[p]) * (a[p + 3] - a[p + 1]);
      for (int j = 0; j < columns; j++) {
        int q = j * COORDINATES;
        float width = Math.min(a[p + 2], b[q + 2]) - Math.max(a[p], b[q]);
        float height = Math.min(a[p + 3], b[q + 3]) - Math.max(a[p + 1], b[q + 1]);
        if (width > 0 && height > 0) {
          float other = (b[q + 2] - b[q]) * (b[q + 3] - b[q + 1]);
          float intersection = width * height;
          iou[i * columns + j] = intersection / (area + other - intersection);
        }
      }
    }
    return iou;
  }
}
