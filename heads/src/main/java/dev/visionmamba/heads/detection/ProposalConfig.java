package dev.visionmamba.heads.detection;

/**
 * Which proposals are kept.
 *
 * @param mostOfLevel how many of each level go into suppression, the best first, at least 1; 1000
 *     as published
 * @param most how many are left at most, at least 1; 1000 as published
 * @param iouThreshold of the suppression within each level, within [0, 1]; 0.7 as published
 * @param leastSide a box must be wider and higher, in pixels of the network's input, at least 0; 0
 *     as published
 * @param probabilities whether scores are given as probabilities; else as logits
 */
public record ProposalConfig(
    int mostOfLevel, int most, float iouThreshold, float leastSide, boolean probabilities) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is outside of its range
   */
  public ProposalConfig {
    if (mostOfLevel < 1 || most < 1) {
      throw new IllegalArgumentException(
          String.format(
              "there must be at least 1 of the proposals of a level and in all, got %d and %d",
              mostOfLevel, most));
    }
    if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of proposals' overlap must be within [0, 1], got " + iouThreshold);
    }
    if (!(leastSide >= 0)) {
      throw new IllegalArgumentException(
          "the least side of proposals must be at least 0, got " + leastSide);
    }
  }

  /**
   * As published for Mask R-CNN.
   *
   * @return the configuration
   */
  public static ProposalConfig published() {
    return new ProposalConfig(1000, 1000, 0.7f, 0f, true);
  }
}
