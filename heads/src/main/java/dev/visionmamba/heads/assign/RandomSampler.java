package dev.visionmamba.heads.assign;

import dev.visionmamba.heads.ops.Boxes;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Draws the boxes of an image that a training step looks at (Ren et al. 2015, arXiv:1506.01497,
 * section 3.1.3): positives up to a share of the wanted number, and negatives for the rest. Where
 * positives are short, negatives take their places; where negatives are short, the sample is.
 *
 * @param number of boxes wanted, at least 1
 * @param positiveFraction the greatest share of positives, within [0, 1]
 * @param negativesPerPositive the greatest number of negatives for each positive, at least one
 *     positive being counted; negative: no such limit
 * @param addTruths whether the true boxes themselves are put in front of the boxes, as proposals
 */
public record RandomSampler(
    int number, float positiveFraction, float negativesPerPositive, boolean addTruths) {
  /** A region proposal network's: 256 anchors, half of them positive. */
  public static final RandomSampler RPN = new RandomSampler(256, 0.5f, -1, false);

  /** A box head's: 512 proposals and true boxes, a quarter of them positive. */
  public static final RandomSampler RCNN = new RandomSampler(512, 0.25f, -1, true);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is outside of its range
   */
  public RandomSampler {
    if (number < 1) {
      throw new IllegalArgumentException("number must be at least 1, but is " + number);
    }
    if (!(positiveFraction >= 0 && positiveFraction <= 1)) {
      throw new IllegalArgumentException(
          "positiveFraction must be within [0, 1], but is " + positiveFraction);
    }
    if (Float.isNaN(negativesPerPositive)) {
      throw new IllegalArgumentException("negativesPerPositive must be a number, but is NaN");
    }
  }

  /**
   * Draws.
   *
   * @param assignment of an image's boxes
   * @param random decides; equal generators in equal states give equal samples
   * @return what was drawn; its indices are those of the boxes, or with {@code addTruths} those of
   *     the true boxes followed by the boxes ({@link Boxes#concat})
   */
  public Sample sample(Assignment assignment, RandomGenerator random) {
    Assignment from = addTruths ? assignment.withTruths() : assignment;
    int[] positives = draw(from.positives(), (int) (number * positiveFraction), random);
    int wanted = number - positives.length;
    if (negativesPerPositive >= 0) {
      double most = Math.floor((double) negativesPerPositive * Math.max(1, positives.length));
      wanted = (int) Math.min(wanted, most);
    }
    int[] negatives = draw(from.negatives(), wanted, random);
    int[] truths = Arrays.stream(positives).map(from::truthOf).toArray();
    return new Sample(from.truths(), positives, truths, negatives);
  }

  /** At most so many of the indices, ascending: the first steps of a Fisher-Yates shuffle. */
  private static int[] draw(int[] indices, int most, RandomGenerator random) {
    if (indices.length <= most) {
      return indices;
    }
    for (int i = 0; i < most; i++) {
      int j = random.nextInt(i, indices.length);
      int drawn = indices[j];
      indices[j] = indices[i];
      indices[i] = drawn;
    }
    int[] drawn = Arrays.copyOf(indices, most);
    Arrays.sort(drawn);
    return drawn;
  }
}
