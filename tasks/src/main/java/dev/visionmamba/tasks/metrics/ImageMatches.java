package dev.visionmamba.tasks.metrics;

import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import java.util.Comparator;
import java.util.List;

/**
 * The matches of one class in one picture. Of each detection it tells with a bit for each threshold
 * whether it met a thing, and whether it is not counted.
 *
 * @param image the picture's number
 * @param scores of the detections, the surest first
 * @param matched bits of the thresholds, by range and detection
 * @param ignored bits of the thresholds, by range and detection
 * @param positives how many things are to be found, by range
 */
record ImageMatches(
    long image, double[] scores, short[][] matched, short[][] ignored, int[] positives) {
  static final int THRESHOLDS = 10;
  static final int MOST_DETECTIONS = 100;

  /** Equal ones are to meet a threshold of 1. */
  private static final double NEARLY_ONE = 1 - 1e-10;

  /** The least overlap, from 0.50 to 0.95 as evenly as doubles tell. */
  static double threshold(int index) {
    return index == THRESHOLDS - 1 ? 0.95 : 0.5 + index * ((0.95 - 0.5) / (THRESHOLDS - 1));
  }

  static ImageMatches of(
      long image, Overlap overlap, List<Instance> truths, List<Detection> detections) {
    // Not Double.compare: it tells 0 from -0.
    Comparator<Detection> surestFirst =
        (a, b) -> a.score() > b.score() ? -1 : a.score() < b.score() ? 1 : 0;
    List<Detection> found = detections.stream().sorted(surestFirst).limit(MOST_DETECTIONS).toList();
    double[][] overlaps = new double[found.size()][truths.size()];
    for (int d = 0; d < found.size(); d++) {
      for (int t = 0; t < truths.size(); t++) {
        Instance truth = truths.get(t);
        overlaps[d][t] =
            overlap == Overlap.MASKS
                ? found.get(d).mask().overlap(truth.mask(), truth.crowd())
                : found.get(d).box().overlap(truth.box(), truth.crowd());
      }
    }
    AreaRange[] ranges = AreaRange.values();
    short[][] matched = new short[ranges.length][];
    short[][] ignored = new short[ranges.length][];
    int[] positives = new int[ranges.length];
    for (AreaRange range : ranges) {
      Matching matching = new Matching(range, truths, overlaps);
      boolean[] outOfRange = new boolean[found.size()];
      for (int d = 0; d < outOfRange.length; d++) {
        Detection detection = found.get(d);
        outOfRange[d] =
            !range.contains(
                overlap == Overlap.MASKS ? detection.mask().area() : detection.box().area());
      }
      for (int threshold = 0; threshold < THRESHOLDS; threshold++) {
        matching.match(threshold, outOfRange);
      }
      matched[range.ordinal()] = matching.matched;
      ignored[range.ordinal()] = matching.ignored;
      positives[range.ordinal()] = matching.positives;
    }
    return new ImageMatches(
        image, found.stream().mapToDouble(Detection::score).toArray(), matched, ignored, positives);
  }

  /** Matches detections to things of a range of sizes. */
  private static final class Matching {
    private final double[][] overlaps;
    private final boolean[] crowd;
    private final boolean[] ignorable;

    /** The things that count come first. */
    private final int[] order;

    private final int positives;
    private final short[] matched;
    private final short[] ignored;

    Matching(AreaRange range, List<Instance> truths, double[][] overlaps) {
      this.overlaps = overlaps;
      this.crowd = new boolean[truths.size()];
      this.ignorable = new boolean[truths.size()];
      this.order = new int[truths.size()];
      this.matched = new short[overlaps.length];
      this.ignored = new short[overlaps.length];
      int next = 0;
      for (int t = 0; t < order.length; t++) {
        crowd[t] = truths.get(t).crowd();
        ignorable[t] = crowd[t] || !range.contains(truths.get(t).area());
        if (!ignorable[t]) {
          order[next++] = t;
        }
      }
      this.positives = next;
      for (int t = 0; t < order.length; t++) {
        if (ignorable[t]) {
          order[next++] = t;
        }
      }
    }

    void match(int threshold, boolean[] outOfRange) {
      boolean[] taken = new boolean[order.length];
      short bit = (short) (1 << threshold);
      for (int d = 0; d < overlaps.length; d++) {
        int best = best(d, threshold(threshold), taken);
        if (best >= 0) {
          taken[best] = true;
          matched[d] |= bit;
        }
        if (best >= 0 ? ignorable[best] : outOfRange[d]) {
          ignored[d] |= bit;
        }
      }
    }

    /** The free thing that a detection meets best, the last of equals; -1 for none. */
    private int best(int detection, double threshold, boolean[] taken) {
      double least = Math.min(threshold, NEARLY_ONE);
      int best = -1;
      for (int t : order) {
        if (best >= 0 && !ignorable[best] && ignorable[t]) {
          break;
        }
        if ((!taken[t] || crowd[t]) && overlaps[detection][t] >= least) {
          least = overlaps[detection][t];
          best = t;
        }
      }
      return best;
    }
  }
}
