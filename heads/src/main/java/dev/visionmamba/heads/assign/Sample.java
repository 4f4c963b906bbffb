package dev.visionmamba.heads.assign;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The boxes of an image that a training step looks at: P positives and Q negatives. */
public final class Sample {
  private final int truthCount;
  private final int[] positives;
  private final int[] truths;
  private final int[] negatives;

  /** Takes the arrays as its own. */
  Sample(int truthCount, int[] positives, int[] truths, int[] negatives) {
    this.truthCount = truthCount;
    this.positives = positives;
    this.truths = truths;
    this.negatives = negatives;
  }

  /**
   * The boxes that learn a true box.
   *
   * @return (P), indices, ascending
   */
  public int[] positives() {
    return positives.clone();
  }

  /**
   * The true box of each positive.
   *
   * @return (P), indices
   */
  public int[] truths() {
    return truths.clone();
  }

  /**
   * The boxes that learn to be background.
   *
   * @return (Q), indices, ascending
   */
  public int[] negatives() {
    return negatives.clone();
  }

  /**
   * All boxes: the positives, then the negatives.
   *
   * @return (P + Q), indices
   */
  public int[] boxes() {
    return IntStream.concat(Arrays.stream(positives), Arrays.stream(negatives)).toArray();
  }

  /**
   * How many boxes there are.
   *
   * @return P + Q
   */
  public int size() {
    return positives.length + negatives.length;
  }

  /**
   * What a classifier of {@link #boxes} is to say.
   *
   * @param classes of all true boxes of the image, each at least 0 and less than {@code background}
   * @param background the label of background: the number of classes
   * @return (P + Q)
   * @throws IllegalArgumentException if the classes do not fit
   */
  public long[] labels(int[] classes, int background) {
    Assignment.requireClasses(classes, truthCount, background);
    long[] labels = new long[size()];
    Arrays.setAll(labels, i -> i < truths.length ? classes[truths[i]] : background);
    return labels;
  }
}
