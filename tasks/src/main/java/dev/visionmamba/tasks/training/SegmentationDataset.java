package dev.visionmamba.tasks.training;

import java.util.List;

/** Pictures, each with the labels of its pixels. Safe for use by several threads. */
public interface SegmentationDataset {

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
   * A picture and the labels of its pixels.
   *
   * @param index the picture, 0 to count - 1
   * @return the same whenever it is asked for
   * @throws DataSetException if it cannot be read
   * @throws IndexOutOfBoundsException if there is no such picture
   */
  SegmentationExample example(int index) throws DataSetException;

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
  record Parts(SegmentationDataset train, SegmentationDataset validation) {}

  /**
   * A part of this data set, to try things out.
   *
   * @param limit how many pictures at most, at least 0
   * @return this data set if it has no more
   * @throws IllegalArgumentException if the limit is below 0
   */
  default SegmentationDataset first(int limit) {
    return limit >= count()
        ? this
        : new SegmentationSubset(this, Subset.first(count(), limit, identity()));
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
    return new Parts(
        new SegmentationSubset(this, parts[0]), new SegmentationSubset(this, parts[1]));
  }
}
