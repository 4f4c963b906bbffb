package dev.visionmamba.tasks;

import dev.visionmamba.tasks.annotations.LabelMap;
import java.util.List;

/**
 * What a segmenter says of a picture.
 *
 * @param labels the most probable class of each pixel, at the picture's size
 * @param classes the classes' names by label
 */
public record SegmentedPicture(LabelMap labels, List<String> classes) {
  /** Copies the names. */
  public SegmentedPicture {
    classes = List.copyOf(classes);
  }
}
