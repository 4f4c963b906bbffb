package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.Boxes;

/**
 * The objects that are in an image, as a detector learns them.
 *
 * @param boxes m boxes in pixels of the network's input, finite, wider and higher than 0
 * @param labels m classes, from 0
 * @param masks m masks of the image's size in the network's input, without padding, row by row; one
 *     may be null where it is not known; none at all where no mask is learned
 * @param ignored boxes around what is neither an object nor background, such as a crowd; they have
 *     an effect where an assigner looks at them, which the published ones do not
 */
public record GroundTruth(float[] boxes, int[] labels, boolean[][] masks, float[] ignored) {

  /**
   * Checks that numbers fit together.
   *
   * @throws IllegalArgumentException if they do not, a label is below 0, a box has no area, or an
   *     ignored one is no box
   */
  public GroundTruth {
    int count = Boxes.count(boxes);
    if (labels.length != count || (masks.length != 0 && masks.length != count)) {
      throw new IllegalArgumentException(
          String.format(
              "%d boxes do not fit %d labels and %d masks", count, labels.length, masks.length));
    }
    for (int i = 0; i < count; i++) {
      float width = boxes[4 * i + 2] - boxes[4 * i];
      float height = boxes[4 * i + 3] - boxes[4 * i + 1];
      boolean fits =
          width > 0 && height > 0 && width * height < Float.POSITIVE_INFINITY && labels[i] >= 0;
      if (!fits) { // written so that NaN fails
        throw new IllegalArgumentException(
            String.format(
                "object %d must have a finite box with an area and a label from 0, but has (%s, %s,"
                    + " %s, %s) and %d; leave such objects out",
                i, boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3], labels[i]));
      }
    }
    Boxes.require("ignored", ignored);
  }

  /**
   * Objects without masks.
   *
   * @param boxes m boxes in pixels of the network's input
   * @param labels m classes
   * @return the objects
   */
  public static GroundTruth of(float[] boxes, int[] labels) {
    return new GroundTruth(boxes, labels, new boolean[0][], new float[0]);
  }

  /**
   * How many objects.
   *
   * @return at least 0
   */
  public int size() {
    return labels.length;
  }
}
