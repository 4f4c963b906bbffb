package dev.visionmamba.tasks.annotations;

import java.util.Objects;

/**
 * A detection in a file of COCO results.
 *
 * @param imageId the picture's number
 * @param categoryId the class's number
 * @param score how sure it is; finite
 * @param box where it is
 * @param mask its pixels; null if only the box was looked for
 */
public record CocoResult(long imageId, long categoryId, double score, Box box, RunLengthMask mask) {

  /**
   * Checks the score.
   *
   * @throws IllegalArgumentException if it is not finite
   */
  public CocoResult {
    Objects.requireNonNull(box, "box");
    if (!Double.isFinite(score)) {
      throw new IllegalArgumentException("the score must be finite, got " + score);
    }
  }
}
