package dev.visionmamba.tasks.training;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Some pictures of a data set.
 *
 * @param indices which, in the data set's order
 * @param identity what tells them from others
 */
record Subset(int[] indices, String identity) {

  /** The first pictures, at most so many. */
  static Subset first(int count, int limit, String of) {
    if (limit < 0) {
      throw new IllegalArgumentException("the limit must be at least 0, got " + limit);
    }
    int length = Math.min(limit, count);
    return new Subset(IntStream.range(0, length).toArray(), "the first " + length + " of " + of);
  }

  /**
   * A part that is set aside for validation, and the rest.
   *
   * @param count how many pictures there are
   * @param share of them that is set aside, above 0 and below 1; at least one picture where there
   *     are two
   * @param seed which ones
   * @param of the data set's identity
   * @return the rest, and what is set aside
   */
  static Subset[] divided(int count, double share, long seed, String of) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "the share of pictures for validation must be above 0 and below 1, got " + share);
    }
    int aside = count < 2 ? 0 : (int) Math.min(count - 1, Math.max(1, Math.round(share * count)));
    int[] order = Shuffle.of(count, new SplittableRandom(seed));
    return new Subset[] {
      sorted(order, aside, count, "what is left", share, seed, of),
      sorted(order, 0, aside, "what is set aside", share, seed, of)
    };
  }

  private static Subset sorted(
      int[] order, int from, int to, String what, double share, long seed, String of) {
    int[] indices = Arrays.copyOfRange(order, from, to);
    Arrays.sort(indices);
    return new Subset(
        indices, String.format(Locale.ROOT, "%s by %s, seed %d, of %s", what, share, seed, of));
  }
}
