package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.MulticlassNms;
import java.util.List;

/**
 * The shape of Mask R-CNN's heads.
 *
 * @param channels of every level of the pyramid; 256 as published
 * @param classes how many classes, the background not counted
 * @param strides of the levels, the finest first; regions are looked up in all but the last
 * @param anchorScales sides of the square anchors of a level, in its strides, above 0; 8 as
 *     published
 * @param boxHead what finds a region's class and box
 * @param maskChannels of the mask head's convolutions; 256 as published
 * @param maskConvolutions of the mask head; 4 as published
 * @param proposals which regions are looked at
 * @param detections which objects are kept
 */
public record MaskRcnnConfig(
    int channels,
    int classes,
    List<Integer> strides,
    List<Float> anchorScales,
    BoxHeadConfig boxHead,
    int maskChannels,
    int maskConvolutions,
    ProposalConfig proposals,
    MulticlassNms detections) {

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if a number is below 1, there are fewer than two levels, no
   *     anchor's scale, or one that is not above 0
   */
  public MaskRcnnConfig {
    strides = List.copyOf(strides);
    anchorScales = List.copyOf(anchorScales);
    if (channels < 1
        || classes < 1
        || strides.size() < 2
        || maskChannels < 1
        || maskConvolutions < 1) {
      throw new IllegalArgumentException(
          String.format(
              "channels, classes, mask channels and mask convolutions must be at least 1 and"
                  + " levels at least 2, got %d, %d, %d, %d and %d",
              channels, classes, maskChannels, maskConvolutions, strides.size()));
    }
    if (anchorScales.isEmpty() || anchorScales.stream().anyMatch(scale -> !(scale > 0))) {
      throw new IllegalArgumentException(
          "there must be an anchor's scale, and each above 0, got " + anchorScales);
    }
  }

  /**
   * As published (He et al. 2017, arXiv:1703.06870), by mmdetection's settings.
   *
   * @param channels of every level and of the mask head; 256 as published
   * @param classes how many classes; 80 of COCO
   * @param boxHead the box head, by which published detectors differ
   * @return the configuration
   */
  public static MaskRcnnConfig published(int channels, int classes, BoxHeadConfig boxHead) {
    return new MaskRcnnConfig(
        channels,
        classes,
        List.of(4, 8, 16, 32, 64),
        List.of(8f),
        boxHead,
        channels,
        4,
        ProposalConfig.published(),
        new MulticlassNms(0.05f, 0.5f, 100));
  }
}
