package dev.visionmamba.tasks.annotations;

import java.util.Objects;

/**
 * A thing that was found in a picture.
 *
 * @param label its class, at least 0
 * @param score how sure that is; any finite number, as a rule 0 to 1
 * @param box where it is
 * @param mask which pixels it has; null if only the box was looked for
 */
public record Detection(int label, double score, Box box, RunLengthMask mask) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the label is below 0 or the score is not finite
   */
  public Detection {
    Objects.requireNonNull(box, "box");
    if (label < 0) {
      throw new IllegalArgumentException("the label must be at least 0, got " + label);
    }
    if (!Double.isFinite(score)) {
      throw new IllegalArgumentException("the score must be finite, got " + score);
    }
  }
}
