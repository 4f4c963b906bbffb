package dev.visionmamba.tasks;

import java.util.List;
import java.util.Objects;

/**
 * How probable each class is at each pixel of a picture.
 *
 * <p>The array is held, not copied; treat it as read-only once it is in here.
 *
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 * @param classes the classes' names by label
 * @param values class after class, each row after row: (classes, height, width); 0 to 1, and 1 in
 *     sum for each pixel
 */
public record ClassProbabilities(int width, int height, List<String> classes, float[] values) {

  /**
   * Checks that the numbers fit.
   *
   * @throws IllegalArgumentException if there are not classes x height x width values
   */
  public ClassProbabilities {
    classes = List.copyOf(classes);
    if (width < 1 || height < 1 || values.length != (long) classes.size() * width * height) {
      throw new IllegalArgumentException(
          "%d classes at %dx%d pixels take as many values, got %d"
              .formatted(classes.size(), width, height, values.length));
    }
  }

  /**
   * A class's probability at a pixel.
   *
   * @param label the class, from 0
   * @param x the column, from 0
   * @param y the row, from 0
   * @return 0 to 1
   * @throws IndexOutOfBoundsException if there is no such class or pixel
   */
  public float probability(int label, int x, int y) {
    Objects.checkIndex(label, classes.size());
    Objects.checkIndex(x, width);
    Objects.checkIndex(y, height);
    return values[(label * height + y) * width + x];
  }
}
