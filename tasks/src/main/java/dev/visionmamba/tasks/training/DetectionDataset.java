package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.Instance;
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
   * What a detector's findings in a picture are measured against: everything that is in it, crowds
   * and what is too small to be learned from among them.
   *
   * @param index the picture, 0 to count - 1
   * @param example what {@link #example} has given for it
   * @return the things; those of the example unless a data set knows of more
   */
  default List<Instance> truths(int index, DetectionExample example) {
    return example.instances();
  }

  /**
   * What tells this data set from others: a training goes on only with the same.
   *
   * @return a short text; equal for equal data sets
   */
  String identity();
}
