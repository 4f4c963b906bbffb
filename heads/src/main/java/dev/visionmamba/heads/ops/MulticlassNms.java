package dev.visionmamba.heads.ops;

import java.util.Arrays;

/**
 * From a score for every class of every box to detections: scores above a threshold, non-maximum
 * suppression within each class, the best that are left.
 *
 * @param scoreThreshold a score must be above it
 * @param iouThreshold of the suppression, from 0 to 1
 * @param most how many detections at most; -1 for all, as mmdetection has it
 */
public record MulticlassNms(float scoreThreshold, float iouThreshold, int most) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if {@code scoreThreshold} is no number, {@code iouThreshold}
   *     not from 0 to 1, or {@code most} below -1
   */
  public MulticlassNms {
    if (Float.isNaN(scoreThreshold) || !(iouThreshold >= 0 && iouThreshold <= 1) || most < -1) {
      throw new IllegalArgumentException(
          String.format(
              "score_thr must be a number, iou_threshold from 0 to 1 and max_per_img at least 0, or"
                  + " -1 for all, got %s, %s and %d",
              scoreThreshold, iouThreshold, most));
    }
  }

  /**
   * Detections.
   *
   * @param boxes four floats each, as they came in
   * @param scores the highest first
   * @param labels the class of each
   * @param indices where each came from: box x classes + class
   */
  public record Selection(float[] boxes, float[] scores, int[] labels, int[] indices) {

    /**
     * How many.
     *
     * @return at least 0
     */
    public int size() {
      return scores.length;
    }
  }

  /**
   * Selects.
   *
   * @param boxes n boxes for all classes, or n x classes boxes
   * @param scores n x columns, finite
   * @param columns numbers of a box, at least as many as classes; those after are not read, such as
   *     the background's
   * @param classes how many classes
   * @return the detections
   * @throws IllegalArgumentException if numbers do not fit together, or scores or boxes are not
   *     finite
   */
  public Selection select(float[] boxes, float[] scores, int columns, int classes) {
    if (columns < classes || classes < 1 || scores.length % columns != 0) {
      throw new IllegalArgumentException(
          String.format(
              "%d scores are not %d for each box, of %d classes", scores.length, columns, classes));
    }
    int count = scores.length / columns;
    boolean shared = boxes.length == count * Boxes.COORDINATES;
    if (!shared && boxes.length != count * classes * Boxes.COORDINATES) {
      throw new IllegalArgumentException(
          String.format(
              "%d floats are neither a box nor %d boxes for each of %d",
              boxes.length, classes, count));
    }
    Boxes.requireFinite(scores, "scores");
    int[] candidates = new int[count * classes];
    int size = 0;
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < classes; k++) {
        if (scores[i * columns + k] > scoreThreshold) {
          candidates[size++] = i * classes + k;
        }
      }
    }
    int[] indices = Arrays.copyOf(candidates, size);
    float[] selected =
        Boxes.select(
            boxes, shared ? Arrays.stream(indices).map(i -> i / classes).toArray() : indices);
    float[] scored = new float[size];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      labels[i] = indices[i] % classes;
      scored[i] = scores[indices[i] / classes * columns + labels[i]];
    }
    return select(selected, scored, labels, indices);
  }

  /**
   * Selects among boxes of one class each, whatever their scores.
   *
   * @param boxes n boxes, finite
   * @param scores n, finite
   * @param labels n, the class of each
   * @param indices n, carried along
   * @return the detections
   * @throws IllegalArgumentException as {@link Nms#byClass}
   */
  public Selection select(float[] boxes, float[] scores, int[] labels, int[] indices) {
    int[] all = Nms.byClass(boxes, scores, labels, iouThreshold);
    int[] kept = most < 0 ? all : Arrays.copyOf(all, Math.min(all.length, most));
    float[] best = new float[kept.length];
    for (int i = 0; i < kept.length; i++) {
      best[i] = scores[kept[i]];
    }
    return new Selection(
        Boxes.select(boxes, kept),
        best,
        Arrays.stream(kept).map(i -> labels[i]).toArray(),
        Arrays.stream(kept).map(i -> indices[i]).toArray());
  }
}
