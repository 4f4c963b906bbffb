package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.image.PixelImage;
import java.util.List;

/** Pictures, each with a class. Safe for use by several threads. */
public interface ImageDataset {

  /**
   * How many pictures there are.
   *
   * @return at least 0
   */
  int count();

  /**
   * The classes' names.
   *
   * @return by label; cannot be changed
   */
  List<String> classNames();

  /**
   * A picture's class.
   *
   * @param index the picture, 0 to count - 1
   * @return the label, 0 to the number of classes - 1
   * @throws IndexOutOfBoundsException if there is no such picture
   */
  int label(int index);

  /**
   * A picture.
   *
   * @param index the picture, 0 to count - 1
   * @return its pixels, upright
   * @throws DataSetException if it cannot be read
   * @throws IndexOutOfBoundsException if there is no such picture
   */
  PixelImage picture(int index) throws DataSetException;

  /**
   * A part of this data set, to try things out.
   *
   * @param limit how many pictures at most, at least 0
   * @return this data set if it has no more
   */
  ImageDataset first(int limit);

  /**
   * What tells this data set from others: a training goes on only with the same.
   *
   * @return a short text; equal for equal data sets
   */
  String identity();
}
