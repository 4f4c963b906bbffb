package dev.visionmamba.heads.assign;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** What each of N boxes is to learn: one of M true boxes, that it is background, or nothing. */
public final class Assignment {
  /** The box is background: a negative. */
  public static final int BACKGROUND = -1;

  /** The box is neither object nor background. */
  public static final int IGNORED = -2;

  private final int truths;
  private final int[] truthOf;
  private final float[] iouOf;

  /** Takes the arrays as its own. */
  Assignment(int truths, int[] truthOf, float[] iouOf) {
    this.truths = truths;
    this.truthOf = truthOf;
    this.iouOf = iouOf;
  }

  /**
   * How many boxes were assigned.
   *
   * @return N
   */
  public int size() {
    return truthOf.length;
  }

  /**
   * How many true boxes there are.
   *
   * @return M
   */
  public int truths() {
    return truths;
  }

  /**
   * What a box is to learn.
   *
   * @param box its index
   * @return the index of a true box, {@link #BACKGROUND} or {@link #IGNORED}
   */
  public int truthOf(int box) {
    return truthOf[box];
  }

  /**
   * The greatest overlap of a box with any true box.
   *
   * @param box its index
   * @return within [0, 1], or -1 if the box was left out before overlaps were looked at
   */
  public float iouOf(int box) {
    return iouOf[box];
  }

  /**
   * The boxes that a true box is assigned to.
   *
   * @return their indices, ascending
   */
  public int[] positives() {
    return where(truth -> truth >= 0);
  }

  /**
   * The boxes that are background.
   *
   * @return their indices, ascending
   */
  public int[] negatives() {
    return where(truth -> truth == BACKGROUND);
  }

  private int[] where(IntPredicate wanted) {
    return IntStream.range(0, truthOf.length).filter(i -> wanted.test(truthOf[i])).toArray();
  }

  /**
   * What a classifier of all boxes is to say.
   *
   * @param classes of the true boxes, M, each at least 0 and less than {@code background}
   * @param background the label of background: the number of classes
   * @param ignored the label of boxes that are ignored
   * @return (N)
   * @throws IllegalArgumentException if the classes do not fit
   */
  public long[] labels(int[] classes, int background, int ignored) {
    requireClasses(classes, truths, background);
    long[] labels = new long[truthOf.length];
    for (int i = 0; i < labels.length; i++) {
      int truth = truthOf[i];
      labels[i] = truth >= 0 ? classes[truth] : truth == BACKGROUND ? background : ignored;
    }
    return labels;
  }

  /** Refuses classes of true boxes that are too few, too many or out of range. */
  static void requireClasses(int[] classes, int truths, int background) {
    if (classes.length != truths) {
      throw new IllegalArgumentException(
          "classes must be " + truths + ", one for each true box, but are " + classes.length);
    }
    for (int i = 0; i < truths; i++) {
      if (classes[i] < 0 || classes[i] >= background) {
        throw new IllegalArgumentException(
            "classes[" + i + "] must be within [0, " + background + "), but is " + classes[i]);
      }
    }
  }

  /**
   * The assignment of the true boxes followed by these boxes, where each true box is assigned to
   * itself: what a box head learns from while its proposals are still bad.
   *
   * @return M + N boxes
   */
  public Assignment withTruths() {
    int[] allTruths = new int[truths + truthOf.length];
    float[] allIous = new float[truths + truthOf.length];
    Arrays.setAll(allTruths, i -> i < truths ? i : truthOf[i - truths]);
    Arrays.fill(allIous, 0, truths, 1);
    System.arraycopy(iouOf, 0, allIous, truths, iouOf.length);
    return new Assignment(truths, allTruths, allIous);
  }
}
