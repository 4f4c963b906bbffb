package dev.visionmamba.tasks.cli;

import java.util.Locale;

/** The kinds of data set that the commands know. */
enum DataSet {
  /** A folder of pictures for each class. */
  FOLDER,
  /** Fashion-MNIST's four files. */
  FASHION_MNIST;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
