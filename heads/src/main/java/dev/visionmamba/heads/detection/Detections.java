package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MaskPaste;
import java.util.Arrays;

/**
 * The objects found in an image, the most certain first.
 *
 * @param boxes n boxes in pixels of the original image
 * @param scores n probabilities
 * @param labels n classes, from 0
 * @param masks n masks, each the probabilities of a square grid of pixels over the object's box,
 *     row by row; none where the head finds no masks, or none were asked for
 */
public record Detections(float[] boxes, float[] scores, int[] labels, float[][] masks) {
  /** The probability from which on a pixel belongs to an object, as published. */
  private static final float COVERED = 0.5f;

  /**
   * Checks that numbers fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public Detections {
    if (Boxes.count(boxes) != scores.length
        || labels.length != scores.length
        || (masks.length != 0 && masks.length != scores.length)) {
      throw new IllegalArgumentException(
          String.format(
              "%d boxes do not fit %d scores, %d labels and %d masks",
              Boxes.count(boxes), scores.length, labels.length, masks.length));
    }
  }

  /**
   * How many objects.
   *
   * @return at least 0
   */
  public int size() {
    return scores.length;
  }

  /**
   * An object's box.
   *
   * @param i from 0
   * @return x1, y1, x2, y2
   */
  public float[] box(int i) {
    return Arrays.copyOfRange(boxes, i * Boxes.COORDINATES, (i + 1) * Boxes.COORDINATES);
  }

  /**
   * The pixels of the original image that belong to an object: those of a probability of at least a
   * half.
   *
   * @param i from 0
   * @param height of the original image
   * @param width of the original image
   * @return height x width, row by row
   * @throws IllegalStateException if the head finds no masks
   */
  public boolean[] pixels(int i, int height, int width) {
    if (masks.length == 0) {
      throw new IllegalStateException("the head that made these detections finds no masks");
    }
    int side = (int) Math.round(Math.sqrt(masks[i].length));
    return MaskPaste.covered(masks[i], side, box(i), height, width, COVERED);
  }
}
