package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.MulticlassNms;

/**
 * The shape of a cascade over levels of strides 4 to 32.
 *
 * @param channels of every level of the pyramid; 256 as published
 * @param classes how many classes, the background not counted
 * @param linearChannels of each stage's linear layer; 1024 as published
 * @param proposals which regions are looked at
 * @param detections which objects are kept
 */
public record CascadeRcnnConfig(
    int channels,
    int classes,
    int linearChannels,
    ProposalConfig proposals,
    MulticlassNms detections) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is below 1
   */
  public CascadeRcnnConfig {
    if (channels < 1 || classes < 1 || linearChannels < 1) {
      throw new IllegalArgumentException(
          String.format(
              "channels, classes and linear channels must be at least 1, got %d, %d and %d",
              channels, classes, linearChannels));
    }
  }

  /**
   * As published for Vim's detector.
   *
   * @param channels of every level; 256 as published
   * @param classes how many classes; 80 of COCO
   * @param linearChannels of each stage's linear layer; 1024 as published
   * @return the configuration
   */
  public static CascadeRcnnConfig published(int channels, int classes, int linearChannels) {
    return new CascadeRcnnConfig(
        channels,
        classes,
        linearChannels,
        new ProposalConfig(1000, 1000, 0.7f, 0f, false),
        new MulticlassNms(0.05f, 0.5f, 100));
  }
}
