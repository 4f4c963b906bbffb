package dev.visionmamba.tasks.training;

import dev.visionmamba.zoo.ModelDescription;
import java.util.List;

/** What every training asks of its data sets. */
final class DataChecks {
  private DataChecks() {}

  /**
   * Checks that there is something to learn from and something to test with.
   *
   * @param train how many pictures there are to learn from
   * @param test how many there are to test with
   * @throws IllegalArgumentException if either is 0
   */
  static void requirePictures(int train, int test) {
    if (train == 0 || test == 0) {
      throw new IllegalArgumentException(
          "training needs pictures to learn from and pictures to test with, got "
              + train
              + " and "
              + test);
    }
  }

  /**
   * Checks that a data set has the classes that the model tells apart, in their order.
   *
   * @param model what is trained or measured
   * @param classNames the data set's classes by label
   * @throws IllegalArgumentException if they are others
   */
  static void requireClasses(ModelDescription model, List<String> classNames) {
    if (!classNames.equals(model.classes())) {
      throw new IllegalArgumentException(
          "the classes of "
              + model.name()
              + " ("
              + NameList.of(model.classes())
              + ") must be the data set's ("
              + NameList.of(classNames)
              + "), in the same order");
    }
  }
}
