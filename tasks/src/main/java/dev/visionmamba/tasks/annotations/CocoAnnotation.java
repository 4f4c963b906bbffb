package dev.visionmamba.tasks.annotations;

import java.util.Objects;

/**
 * A thing in a COCO file.
 *
 * @param id its number in the file
 * @param imageId the picture's
 * @param categoryId the class's
 * @param box where it is; may reach out of the picture or be empty
 * @param area its size in pixels, at least 0: that of its pixels, in the published files also where
 *     boxes are judged
 * @param crowd whether it is a group whose members are not told apart
 * @param segmentation its pixels; null if only the box is known
 */
public record CocoAnnotation(
    long id,
    long imageId,
    long categoryId,
    Box box,
    double area,
    boolean crowd,
    CocoSegmentation segmentation) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the area is not a finite number of at least 0
   */
  public CocoAnnotation {
    Objects.requireNonNull(box, "box");
    if (!(area >= 0 && area <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("the area must be finite and at least 0, got " + area);
    }
  }
}
