package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.losses.L1Loss;
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

  /** Nothing of an array: 0, and a gradient of 0 for all that it was computed from. */
  static NDArray nothing(NDArray array) {
    NDArray zero = array.getManager().zeros(new Shape(), array.getDataType());
    return array.sum().mul(zero.toDevice(array.getDevice(), false));
  }

  /** How many rows of scores have the highest at their label. */
  static int recognised(float[] scores, int columns, int[] rows, int[] labels) {
    int right = 0;
    for (int i = 0; i < rows.length; i++) {
      int best = 0;
      for (int k = 1; k < columns; k++) {
        best = scores[rows[i] * columns + k] > scores[rows[i] * columns + best] ? k : best;
      }
      right += best == labels[i] ? 1 : 0;
    }
    return right;
  }

  /** Refuses a batch whose parts are not as many. */
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
