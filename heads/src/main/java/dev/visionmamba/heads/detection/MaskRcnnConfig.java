package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.MulticlassNms;
import java.util.List;

/**
 * The shape of Mask R-CNN's heads.
 *
 * @param channels of every level of the pyramid; 256 as published
 * @param classes how many classes, the background not counted
 * @param strides of the levels, the finest first; regions are looked up in all but the last
 * @param boxHead what finds a region's class and box
 * @param maskConvolutions of the mask head; 4 as published
 * @param proposals which regions are looked at
 * @param detections which objects are kept
 */
public record MaskRcnnConfig(
    int channels,
    int classes,
    List<Integer> strides,
    BoxHeadConfig boxHead,
    int maskConvolutions,
    ProposalConfig proposals,
    MulticlassNms detections) {

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a number is below 1, or there are fewer than two levels
   */
  public MaskRcnnConfig {
    strides = List.copyOf(strides);
    if (channels < 1 || classes < 1 || strides.size() < 2 || maskConvolutions < 1) {
      throw new IllegalArgumentException(
          String.format(
              "channels, classes and mask convolutions must be at least 1 and levels at least 2,"
                  + " got %d, %d, %d and %d",
              channels, classes, maskConvolutions, strides.size()));
    }
  }

  /**
   * As published (He et al. 2017, arXiv:1703.06870), by mmdetection's settings.
   *
   * @param channels of every level; 256 as published
   * @param classes how many classes; 80 of COCO
   * @param boxHead the box head, by which published detectors differ
   * @return the configuration
   */
  public static MaskRcnnConfig published(int channels, int classes, BoxHeadConfig boxHead) {
    return new MaskRcnnConfig(
        channels,
        classes,
        List.of(4, 8, 16, 32, 64),
        boxHead,
        4,
        ProposalConfig.published(),
        new MulticlassNms(0.05f, 0.5f, 100));
  }
}
