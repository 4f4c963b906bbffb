package dev.visionmamba.tasks.metrics;

import java.util.List;

/** How often images of one class were taken for another. */
public final class ConfusionMatrix {
  private final List<String> classNames;
  private final long[][] counts;

  /**
   * An empty matrix.
   *
   * @param classNames the classes' names by index
   */
  public ConfusionMatrix(List<String> classNames) {
    this.classNames = List.copyOf(classNames);
    this.counts = new long[classNames.size()][classNames.size()];
  }

  /**
   * Counts one image.
   *
   * @param actual its class
   * @param predicted the class that it was given
   */
  public void add(int actual, int predicted) {
    counts[actual][predicted]++;
  }

  /**
   * How many images of a class were given a class.
   *
   * @param actual their class
   * @param predicted the class that they were given
   * @return the count
   */
  public long count(int actual, int predicted) {
    return counts[actual][predicted];
  }

  /**
   * How many images were counted.
   *
   * @return at least 0
   */
  public long total() {
    long total = 0;
    for (int actual = 0; actual < counts.length; actual++) {
      total += total(actual);
    }
    return total;
  }

  /**
   * How many images of a class were counted.
   *
   * @param actual the class
   * @return at least 0
   */
  public long total(int actual) {
    long total = 0;
    for (long count : counts[actual]) {
      total += count;
    }
    return total;
  }

  /**
   * The share of images that were given their own class: top-1 accuracy.
   *
   * @return 0 to 1; NaN if nothing was counted
   */
  public double accuracy() {
    long right = 0;
    for (int i = 0; i < counts.length; i++) {
      right += counts[i][i];
    }
    return (double) right / total();
  }

  /**
   * The share of a class's images that were given that class: its recall.
   *
   * @param actual the class
   * @return 0 to 1; NaN if the class has no images
   */
  public double accuracy(int actual) {
    return (double) counts[actual][actual] / total(actual);
  }

  /**
   * The classes' names.
   *
   * @return by index
   */
  public List<String> classNames() {
    return classNames;
  }
}
