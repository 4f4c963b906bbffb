package dev.visionmamba.tasks.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Precision over recall of one class, from its matches in all pictures. */
final class ClassCurves {
  private static final int RECALLS = 101;

  private final List<ImageMatches> images;

  /**
   * The curves.
   *
   * @param images the class's matches by picture, in the order that decides between equal scores
   */
  ClassCurves(List<ImageMatches> images) {
    this.images = images;
  }

  /**
   * What a range of sizes comes to.
   *
   * @param precision the mean of the precision at all recalls, by threshold
   * @param recall the greatest recall, by threshold
   */
  record Means(double[] precision, double[] recall) {}

  /** Null if nothing was to be found. */
  Means means(AreaRange range, int mostDetections) {
    int area = range.ordinal();
    int positives = images.stream().mapToInt(image -> image.positives()[area]).sum();
    if (positives == 0) {
      return null;
    }
    int[] lengths =
        images.stream()
            .mapToInt(image -> Math.min(mostDetections, image.scores().length))
            .toArray();
    int count = IntStream.of(lengths).sum();
    double[] scores = new double[count];
    short[] matched = new short[count];
    short[] ignored = new short[count];
    int at = 0;
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(images.get(i).scores(), 0, scores, at, lengths[i]);
      System.arraycopy(images.get(i).matched()[area], 0, matched, at, lengths[i]);
      System.arraycopy(images.get(i).ignored()[area], 0, ignored, at, lengths[i]);
      at += lengths[i];
    }
    int[] order = surestFirst(scores);
    Means means =
        new Means(new double[ImageMatches.THRESHOLDS], new double[ImageMatches.THRESHOLDS]);
    for (int threshold = 0; threshold < ImageMatches.THRESHOLDS; threshold++) {
      measure(threshold, order, matched, ignored, positives, means);
    }
    return means;
  }

  private static int[] surestFirst(double[] scores) {
    Comparator<Integer> surestFirst =
        (a, b) -> scores[a] > scores[b] ? -1 : scores[a] < scores[b] ? 1 : 0;
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(surestFirst)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static void measure(
      int threshold, int[] order, short[] matched, short[] ignored, int positives, Means means) {
    double[] precision = new double[order.length];
    double[] recall = new double[order.length];
    int bit = 1 << threshold;
    int right = 0;
    int wrong = 0;
    for (int i = 0; i < order.length; i++) {
      if ((ignored[order[i]] & bit) == 0) {
        if ((matched[order[i]] & bit) != 0) {
          right++;
        } else {
          wrong++;
        }
      }
      recall[i] = (double) right / positives;
      precision[i] = right / (wrong + right + Math.ulp(1.0));
    }
    for (int i = order.length - 1; i > 0; i--) {
      precision[i - 1] = Math.max(precision[i - 1], precision[i]);
    }
    double sum = 0;
    int i = 0;
    for (int r = 0; r < RECALLS; r++) {
      double wanted = r == RECALLS - 1 ? 1 : r * 0.01;
      while (i < order.length && recall[i] < wanted) {
        i++;
      }
      sum += i < order.length ? precision[i] : 0;
    }
    means.precision[threshold] = sum / RECALLS;
    means.recall[threshold] = order.length == 0 ? 0 : recall[order.length - 1];
  }

  /** The mean over all thresholds; NaN if nothing was to be found. */
  static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }
}
