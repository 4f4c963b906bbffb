package dev.visionmamba.tasks.annotations;

import java.util.Objects;

/**
 * A thing that is known to be in a picture.
 *
 * @param label its class, at least 0
 * @param box where it is
 * @param mask which pixels it has; null if only the box is known
 * @param area its size in pixels, by which COCO tells small from large; at least 0
 * @param crowd whether it is a group whose members are not told apart
 */
public record Instance(int label, Box box, RunLengthMask mask, double area, boolean crowd) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the label is below 0 or the area is not a number of at
   *     least 0
   */
  public Instance {
    Objects.requireNonNull(box, "box");
    if (label < 0) {
      throw new IllegalArgumentException("the label must be at least 0, got " + label);
    }
    if (!(area >= 0)) {
      throw new IllegalArgumentException("the area must be at least 0, got " + area);
    }
  }

  /**
   * One thing with all that its mask tells.
   *
   * @param label its class, at least 0
   * @param mask which pixels it has
   * @return with the mask's box and area, no crowd
   */
  public static Instance of(int label, RunLengthMask mask) {
    return new Instance(label, mask.box(), mask, mask.area(), false);
  }
}
