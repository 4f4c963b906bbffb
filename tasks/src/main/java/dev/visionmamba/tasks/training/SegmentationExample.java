package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.image.PixelImage;
import java.util.Objects;

/**
 * A picture and the labels of its pixels.
 *
 * @param picture its pixels
 * @param labels the label of each, of the same size
 */
public record SegmentationExample(PixelImage picture, LabelMap labels) {

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if they differ
   */
  public SegmentationExample {
    Objects.requireNonNull(picture, "picture");
    Objects.requireNonNull(labels, "labels");
    if (picture.width() != labels.width() || picture.height() != labels.height()) {
      throw new IllegalArgumentException(
          "the picture has %dx%d pixels, but its labels %dx%d"
              .formatted(picture.width(), picture.height(), labels.width(), labels.height()));
    }
  }
}
