package dev.visionmamba.tasks.training;

import java.util.List;

/** Pictures, each with the things in it. Safe for use by several threads. */
public interface DetectionDataset {

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
   * A picture and the things in it.
   *
   * @param index the picture, 0 to count - 1
   * @return the same whenever it is asked for
   * @throws DataSetException if it cannot be read
   * @throws IndexOutOfBoundsException if there is no such picture
   */
  DetectionExample example(int index) throws DataSetException;

  /**
   * What tells this data set from others: a training goes on only with the same.
   *
   * @return a short text; equal for equal data sets
   */
  String identity();
}
