package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.Boxes;

/**
 * Places of an image where there may be an object, the most likely first.
 *
 * @param boxes n boxes in pixels of the network's input
 * @param scores n: the probability that there is an object, or its logit where a head ranks by it
 */
public record Proposals(float[] boxes, float[] scores) {

  /**
   * Checks that there is a score for each box.
   *
   * @throws IllegalArgumentException if there is not
   */
  public Proposals {
    if (Boxes.count(boxes) != scores.length) {
      throw new IllegalArgumentException(
          Boxes.count(boxes) + " boxes need as many scores, but there are " + scores.length);
    }
  }

  /**
   * How many.
   *
   * @return at least 0
   */
  public int size() {
    return scores.length;
  }
}
