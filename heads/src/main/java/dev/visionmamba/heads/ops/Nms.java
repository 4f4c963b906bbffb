package dev.visionmamba.heads.ops;

import java.util.Arrays;

/**
 * Greedy non-maximum suppression: from the highest score down, a box is kept unless it overlaps one
 * that was kept by more than a threshold. What is kept, and in which order, is exactly what
 * comparing all pairs in float32 gives: equal scores go by index, and a pair is suppressed when its
 * intersection over union is strictly above the threshold.
 *
 * <p>Boxes without width or height neither suppress nor are suppressed.
 */
public final class Nms {
  /** From so many boxes on, {@link #byClass} goes through the classes one by one. */
  public static final int SPLIT = 10_000;

  private Nms() {}

  /**
   * Suppression among all boxes.
   *
   * @param boxes n boxes, finite
   * @param scores n, finite
   * @param threshold of intersection over union, from 0 to 1
   * @return the indices of the boxes that are kept, the highest score first
   * @throws IllegalArgumentException if numbers do not fit together, are out of range or not finite
   */
  public static int[] plain(float[] boxes, float[] scores, float threshold) {
    require(boxes, scores, threshold);
    return keep(boxes, descending(scores), threshold);
  }

  /**
   * Suppression within each class, as mmcv computes it: class c's boxes are moved by c times the
   * largest coordinate and one, so that classes do not meet. From {@value #SPLIT} boxes on, each
   * class is gone through by itself; the two differ where coordinates below 0 let classes meet
   * after all.
   *
   * @param boxes n boxes, finite
   * @param scores n, finite
   * @param classes n numbers; the class of each box, or its level
   * @param threshold of intersection over union, from 0 to 1
   * @return the indices of the boxes that are kept, the highest score first
   * @throws IllegalArgumentException if numbers do not fit together, are out of range or not finite
   */
  public static int[] byClass(float[] boxes, float[] scores, int[] classes, float threshold) {
    require(boxes, scores, threshold);
    if (classes.length != scores.length) {
      throw new IllegalArgumentException(
          scores.length + " boxes need as many classes, but there are " + classes.length);
    }
    float[] apart = apart(boxes, classes);
    int[] order = descending(scores);
    return order.length < SPLIT
        ? keep(apart, order, threshold)
        : keepEach(apart, classes, order, threshold);
  }

  private static void require(float[] boxes, float[] scores, float threshold) {
    if (Boxes.count(boxes) != scores.length) {
      throw new IllegalArgumentException(
          Boxes.count(boxes) + " boxes need as many scores, but there are " + scores.length);
    }
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of intersection over union must be from 0 to 1, got " + threshold);
    }
    Boxes.requireFinite(scores, "scores");
    Boxes.requireFinite(boxes, "coordinates of boxes");
  }

  /** Boxes moved away from those of other classes, rounded as the reference rounds. */
  private static float[] apart(float[] boxes, int[] classes) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float coordinate : boxes) {
      largest = Math.max(largest, coordinate);
    }
    float[] apart = new float[boxes.length];
    for (int i = 0; i < boxes.length; i++) {
      apart[i] = boxes[i] + classes[i / Boxes.COORDINATES] * (largest + 1f);
    }
    return apart;
  }

  /** The kept boxes of all classes, in the given order, each class by itself. */
  private static int[] keepEach(float[] boxes, int[] classes, int[] order, float threshold) {
    boolean[] kept = new boolean[order.length];
    for (int label : Arrays.stream(classes).distinct().toArray()) {
      int[] members = Arrays.stream(order).filter(i -> classes[i] == label).toArray();
      for (int i : keep(boxes, members, threshold)) {
        kept[i] = true;
      }
    }
    return Arrays.stream(order).filter(i -> kept[i]).toArray();
  }

  /**
   * The order of scores.
   *
   * @param scores n, finite
   * @return n indices, the highest score first and equal ones by index
   */
  public static int[] descending(float[] scores) {
    return best(scores, scores.length);
  }

  /**
   * The first of the {@linkplain #descending order of scores}.
   *
   * @param scores n; a NaN counts as the highest
   * @param most how many at most, at least 0
   * @return the indices of the highest scores, the highest first and equal ones by index
   */
  public static int[] best(float[] scores, int most) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits(scores[i] + 0f); // -0 becomes 0
      int rising = bits ^ (bits >> 31 & Integer.MAX_VALUE);
      keys[i] = (long) ~rising << Integer.SIZE | i;
    }
    int count = Math.min(most, keys.length);
    if (count < keys.length) {
      smallestFirst(keys, count);
    }
    Arrays.sort(keys, 0, count);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = (int) keys[i];
    }
    return order;
  }

  /** Brings the smallest keys, which all differ, to the front in any order (Hoare's selection). */
  private static void smallestFirst(long[] keys, int count) {
    int from = 0;
    int to = keys.length - 1;
    while (from < to) {
      long pivot = keys[(from + to) >>> 1];
      int i = from;
      int j = to;
      while (i <= j) {
        while (keys[i] < pivot) {
          i++;
        }
        while (keys[j] > pivot) {
          j--;
        }
        if (i <= j) {
          long swapped = keys[i];
          keys[i++] = keys[j];
          keys[j--] = swapped;
        }
      }
      if (count <= j) {
        to = j;
      } else if (count > i) {
        from = i;
      } else {
        return;
      }
    }
  }

  private static int[] keep(float[] boxes, int[] order, float threshold) {
    KeptBoxes kept = new KeptBoxes(order.length, threshold);
    int[] indices = new int[order.length];
    int count = 0;
    for (int i : order) {
      if (kept.add(boxes, i * Boxes.COORDINATES)) {
        indices[count++] = i;
      }
    }
    return Arrays.copyOf(indices, count);
  }
}
