package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.LabelledImages;
import java.nio.file.Path;

/** The data sets that the commands know. */
enum DataSet {
  FASHION_MNIST("fashion-mnist", "Fashion-MNIST (MIT licence)", 0.2860f, 0.3530f);

  private final String option;
  private final String title;
  private final float mean;
  private final float std;

  DataSet(String option, String title, float mean, float std) {
    this.option = option;
    this.title = title;
    this.mean = mean;
    this.std = std;
  }

  LabelledImages load(Path folder, FashionMnist.Split split) throws DataSetException {
    return FashionMnist.load(folder, split);
  }

  /** For people. */
  String title() {
    return title;
  }

  /** Mean and standard deviation of the training pixels, in 0..1. */
  float mean() {
    return mean;
  }

  float std() {
    return std;
  }

  @Override
  public String toString() {
    return option;
  }
}
