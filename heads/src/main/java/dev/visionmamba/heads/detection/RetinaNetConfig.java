package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.MulticlassNms;
import java.util.List;

/**
 * The shape of RetinaNet's head.
 *
 * @param channels of every level of the pyramid; 256 as published
 * @param classes how many classes
 * @param strides of the levels, the finest first
 * @param anchorScale side of the least square anchor of a level, in its strides, above 0; 4 as
 *     published
 * @param scalesPerOctave how many anchors up to twice that side, which is left out; 3 as published
 * @param convolutions before the outputs; 4 as published
 * @param mostOfLevel how many candidates of each level go into suppression
 * @param detections which of them are kept
 */
public record RetinaNetConfig(
    int channels,
    int classes,
    List<Integer> strides,
    float anchorScale,
    int scalesPerOctave,
    int convolutions,
    int mostOfLevel,
    MulticlassNms detections) {

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a number is below 1, the anchors' scale is not above 0, or
   *     there is no level
   */
  public RetinaNetConfig {
    strides = List.copyOf(strides);
    if (channels < 1
        || classes < 1
        || strides.isEmpty()
        || scalesPerOctave < 1
        || convolutions < 1
        || mostOfLevel < 1) {
      throw new IllegalArgumentException(
          String.format(
              "channels, classes, levels, scales, convolutions and candidates must be at least 1,"
                  + " got %d, %d, %d, %d, %d and %d",
              channels, classes, strides.size(), scalesPerOctave, convolutions, mostOfLevel));
    }
    if (!(anchorScale > 0)) {
      throw new IllegalArgumentException("the anchors' scale must be above 0, got " + anchorScale);
    }
  }

  /**
   * As published (Lin et al. 2017, arXiv:1708.02002), by mmdetection's settings.
   *
   * @param channels of every level; 256 as published
   * @param classes how many classes; 80 of COCO
   * @return the configuration
   */
  public static RetinaNetConfig published(int channels, int classes) {
    return new RetinaNetConfig(
        channels,
        classes,
        List.of(8, 16, 32, 64, 128),
        4f,
        3,
        4,
        1000,
        new MulticlassNms(0.05f, 0.5f, 100));
  }
}
