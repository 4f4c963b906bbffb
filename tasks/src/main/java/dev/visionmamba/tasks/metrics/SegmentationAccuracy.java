package dev.visionmamba.tasks.metrics;

import dev.visionmamba.tasks.annotations.LabelMap;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * How well pixels were given their classes: intersection over union (IoU), accuracy and the Dice
 * score, with the counts of all pictures added up first, as mmsegmentation's {@code IoUMetric} has
 * it. Pixels whose true label is {@link LabelMap#IGNORED} are not counted.
 *
 * <p>Means are over the classes for which the number exists: those that are neither in the truth
 * nor predicted have none.
 *
 * <p>For use by one thread.
 */
public final class SegmentationAccuracy {
  private final List<String> classNames;
  private final long[] right;
  private final long[] actual;
  private final long[] predicted;

  /**
   * A measure without pictures.
   *
   * @param classNames the classes' names by label, 1 to {@link LabelMap#MOST_CLASSES}
   * @throws IllegalArgumentException if there are too few or too many
   */
  public SegmentationAccuracy(List<String> classNames) {
    if (classNames.isEmpty() || classNames.size() > LabelMap.MOST_CLASSES) {
      throw new IllegalArgumentException(
          "1 to " + LabelMap.MOST_CLASSES + " classes can be told apart, got " + classNames.size());
    }
    this.classNames = List.copyOf(classNames);
    this.right = new long[classNames.size()];
    this.actual = new long[classNames.size()];
    this.predicted = new long[classNames.size()];
  }

  /**
   * Counts one picture.
   *
   * @param truth its labels
   * @param prediction the labels that it was given, of the same size
   * @throws IllegalArgumentException if the sizes differ, or a label has no class; a prediction
   *     must give every pixel one that is not ignored. Then nothing of the picture is counted
   */
  public void add(LabelMap truth, LabelMap prediction) {
    if (truth.width() != prediction.width() || truth.height() != prediction.height()) {
      throw new IllegalArgumentException(
          "the truth has %dx%d pixels, but the prediction %dx%d"
              .formatted(truth.width(), truth.height(), prediction.width(), prediction.height()));
    }
    byte[] is = truth.labels();
    byte[] takenFor = prediction.labels();
    for (int i = 0; i < is.length; i++) {
      if ((is[i] & 0xff) != LabelMap.IGNORED) {
        check("true", is[i] & 0xff, i, truth.width());
        check("predicted", takenFor[i] & 0xff, i, truth.width());
      }
    }
    for (int i = 0; i < is.length; i++) {
      int label = is[i] & 0xff;
      if (label != LabelMap.IGNORED) {
        actual[label]++;
        predicted[takenFor[i] & 0xff]++;
        right[label] += is[i] == takenFor[i] ? 1 : 0;
      }
    }
  }

  private void check(String kind, int label, int index, int width) {
    if (label >= classNames.size()) {
      throw new IllegalArgumentException(
          "the %s label in column %d, row %d is %d, but there are %d classes"
              .formatted(kind, index % width, index / width, label, classNames.size()));
    }
  }

  /**
   * The classes' names.
   *
   * @return by label
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * How many pixels were counted.
   *
   * @return at least 0
   */
  public long pixels() {
    return LongStream.of(actual).sum();
  }

  /**
   * The share of pixels that were given their own class (mmsegmentation's aAcc).
   *
   * @return 0 to 1; NaN if nothing was counted
   */
  public double pixelAccuracy() {
    return (double) LongStream.of(right).sum() / pixels();
  }

  /**
   * A class's intersection over union: of the pixels that have or were given it, the share for
   * which both is so.
   *
   * @param label the class
   * @return 0 to 1; NaN if there are no such pixels
   */
  public double iou(int label) {
    return (double) right[label] / (actual[label] + predicted[label] - right[label]);
  }

  /**
   * The share of a class's pixels that were given it: its recall (mmsegmentation's Acc).
   *
   * @param label the class
   * @return 0 to 1; NaN if no pixel has it
   */
  public double accuracy(int label) {
    return (double) right[label] / actual[label];
  }

  /**
   * The share of the pixels that were given a class which have it.
   *
   * @param label the class
   * @return 0 to 1; NaN if no pixel was given it
   */
  public double precision(int label) {
    return (double) right[label] / predicted[label];
  }

  /**
   * A class's Dice score, which is its F1: the harmonic mean of precision and recall.
   *
   * @param label the class
   * @return 0 to 1; NaN if no pixel has it or was given it (mmsegmentation's F-score, unlike its
   *     Dice, is NaN also where only one of the two is so)
   */
  public double dice(int label) {
    return 2.0 * right[label] / (actual[label] + predicted[label]);
  }

  /**
   * The mean of the classes' IoU (mIoU).
   *
   * @return 0 to 1; NaN if nothing was counted
   */
  public double meanIou() {
    return mean(this::iou);
  }

  /**
   * The mean of the classes' accuracy (mAcc).
   *
   * @return 0 to 1; NaN if nothing was counted
   */
  public double meanAccuracy() {
    return mean(this::accuracy);
  }

  /**
   * The mean of the classes' Dice score (mDice).
   *
   * @return 0 to 1; NaN if nothing was counted
   */
  public double meanDice() {
    return mean(this::dice);
  }

  private double mean(IntToDoubleFunction number) {
    return IntStream.range(0, classNames.size())
        .mapToDouble(number)
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }
}
