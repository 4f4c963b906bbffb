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
   * The number of a class in COCO's files.
   *
   * @param label the class
   * @return one more than the label unless a data set says otherwise
   */
  default long categoryId(int label) {
    return label + 1L;
  }

  /**
   * What tells this data set from others: a training goes on only with the same.
   *
   * @return a short text; equal for equal data sets
   */
  String identity();

  /**
   * What is learned from, and what is tested with.
   *
   * @param train to learn from
   * @param validation to test with
   */
  record Parts(DetectionDataset train, DetectionDataset validation) {}

  /**
   * A part of this data set, to try things out.
   *
   * @param limit how many pictures at most, at least 0
   * @return this data set if it has no more
   * @throws IllegalArgumentException if the limit is below 0
   */
  default DetectionDataset first(int limit) {
    return limit >= count()
        ? this
        : new DetectionSubset(this, Subset.first(count(), limit, identity()));
  }

  /**
   * Sets a part of the pictures aside to test with, drawn at random.
   *
   * @param share of the pictures that is set aside, above 0 and below 1; at least one where there
   *     are two
   * @param seed which ones
   * @return both parts, each in this data set's order
   * @throws IllegalArgumentException if the share is out of range
   */
  default Parts divided(double share, long seed) {
    Subset[] parts = Subset.divided(count(), share, seed, identity());
    return new Parts(new DetectionSubset(this, parts[0]), new DetectionSubset(this, parts[1]));
  }
}
