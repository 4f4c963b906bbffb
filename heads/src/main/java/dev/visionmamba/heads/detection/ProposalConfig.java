package dev.visionmamba.heads.detection;

/**
 * Which proposals are kept.
 *
 * @param mostOfLevel how many of each level go into suppression, the best first; 1000 as published
 * @param most how many are left at most; 1000 as published
 * @param iouThreshold of the suppression within each level; 0.7 as published
 * @param leastSide a box must be wider and higher, in pixels of the network's input; 0 as published
 * @param probabilities whether scores are given as probabilities; else as logits
 */
public record ProposalConfig(
    int mostOfLevel, int most, float iouThreshold, float leastSide, boolean probabilities) {

  /**
   * As published for Mask R-CNN.
   *
   * @return the configuration
   */
  public static ProposalConfig published() {
    return new ProposalConfig(1000, 1000, 0.7f, 0f, true);
  }
}
