package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.losses.L1Loss;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.List;

/** Some numbers of an array, differentiable, and losses of them. */
final class Picks {
  private static final L1Loss L1 = new L1Loss();

  private Picks() {}

  /**
   * Numbers of an array.
   *
   * @param array of any shape, contiguous
   * @param places of the numbers in it, row by row; may be none
   * @return (places)
   */
  static NDArray of(NDArray array, long[] places) {
    return array.reshape(-1).gather(longs(array, places), 0);
  }

  /**
   * Rows of an array.
   *
   * @param array of any shape whose numbers come in rows
   * @param rows which
   * @param length of a row
   * @return (rows, length)
   */
  static NDArray rows(NDArray array, long[] rows, int length) {
    long[] places = new long[rows.length * length];
    for (int i = 0; i < places.length; i++) {
      places[i] = rows[i / length] * length + i % length;
    }
    return of(array, places).reshape(rows.length, length);
  }

  /**
   * The distance of deltas from where they should be.
   *
   * @param deltas all of them, in fours
   * @param rows which fours
   * @param targets four for each of them
   * @param samples what the sum is divided by
   */
  static NDArray boxLoss(NDArray deltas, long[] rows, float[] targets, int samples) {
    NDArray picked = rows(deltas, rows, 4);
    NDArray wanted = floats(picked, targets, new Shape(rows.length, 4));
    return L1.evaluate(picked, wanted, null, samples);
  }

  /** Whole numbers beside an array. */
  static NDArray longs(NDArray beside, long[] values) {
    NDManager manager = beside.getManager();
    return manager.create(values, new Shape(values.length)).toDevice(beside.getDevice(), false);
  }

  /** Numbers beside an array, of its type. */
  static NDArray floats(NDArray beside, float[] values, Shape shape) {
    return beside
        .getManager()
        .create(values, shape)
        .toType(beside.getDataType(), false)
        .toDevice(beside.getDevice(), false);
  }

  /**
   * Nothing of an array: 0, and a gradient of 0 for all that it was computed from.
   *
   * @throws IllegalArgumentException if its numbers are not finite
   */
  static NDArray nothing(NDArray array) {
    NDArray row = array.reshape(1, -1);
    NDArray weight = floats(row, new float[1], new Shape(1));
    return L1.evaluate(row, row.zerosLike(), weight, 1);
  }

  /**
   * How many rows of scores have the highest at their label.
   *
   * @param scores all of them
   * @param columns of a row
   * @param rows which
   * @param labels of each of these
   */
  static int recognised(NDArray scores, int columns, long[] rows, int[] labels) {
    if (rows.length == 0) {
      return 0;
    }
    float[] picked;
    try (GradientMode off = GradientMode.off()) {
      picked = rows(scores, rows, columns).toFloatArray();
    }
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      int best = 0;
      for (int k = 1; k < columns; k++) {
        best = picked[i * columns + k] > picked[i * columns + best] ? k : best;
      }
      right += best == labels[i] ? 1 : 0;
    }
    return right;
  }

  /** The head that an objective is for. */
  static <H extends DetectionHead> H requireHead(DetectionHead head, Class<H> wanted) {
    if (wanted.isInstance(head)) {
      return wanted.cast(head);
    }
    throw new IllegalArgumentException(
        "this objective is for a %s, but the head is a %s"
            .formatted(wanted.getSimpleName(), head.getClass().getSimpleName()));
  }

  /** Refuses what images cannot be padded to. */
  static void requireMultiple(int multiple) {
    if (multiple < 1) {
      throw new IllegalArgumentException("multiple must be at least 1, but is " + multiple);
    }
  }

  /** Refuses a batch whose parts are not as many, or an object that the head does not know. */
  static void requireFit(
      NDArray map, int images, List<GroundTruth> truths, int randoms, int classes) {
    long batch = map.getShape().get(0);
    if (images != batch || truths.size() != batch || randoms != batch) {
      throw new IllegalArgumentException(
          "a batch of %d needs as many frames, truths and random generators, got %d, %d and %d"
              .formatted(batch, images, truths.size(), randoms));
    }
    for (int i = 0; i < truths.size(); i++) {
      for (int label : truths.get(i).labels()) {
        if (label >= classes) {
          throw new IllegalArgumentException(
              "image %d has an object of class %d, but the head knows %d classes"
                  .formatted(i, label, classes));
        }
      }
    }
  }
}
