package dev.visionmamba.tasks.annotations;

import java.util.Objects;

/**
 * A picture in a COCO file.
 *
 * @param id its number in the file
 * @param fileName the path of the picture, from the folder of all pictures
 * @param width columns, at least 1
 * @param height rows, at least 1
 */
public record CocoImage(long id, String fileName, int width, int height) {

  /**
   * Checks the size.
   *
   * @throws IllegalArgumentException if there are no pixels or over {@link
   *     RunLengthMask#MAX_PIXELS}
   */
  public CocoImage {
    Objects.requireNonNull(fileName, "fileName");
    if (width < 1 || height < 1 || (long) width * height > RunLengthMask.MAX_PIXELS) {
      throw new IllegalArgumentException(
          "a picture has 1 to %d pixels, not %dx%d"
              .formatted(RunLengthMask.MAX_PIXELS, width, height));
    }
  }
}
