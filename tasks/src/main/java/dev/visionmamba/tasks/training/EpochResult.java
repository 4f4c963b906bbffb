package dev.visionmamba.tasks.training;

import java.util.Locale;

/**
 * What one epoch of training gave.
 *
 * @param epoch 1 for the first
 * @param trainLoss the mean loss over the epoch
 * @param trainAccuracy over the epoch's augmented images, 0 to 1; what is counted, {@link
 *     MeasureNames#train} says
 * @param testAccuracy after the epoch, 0 to 1: what {@link MeasureNames#test} says, a classifier's
 *     accuracy or a segmenter's mean intersection over union
 * @param learningRate at the epoch's end
 * @param seconds that training took, without the test
 * @param imagesPerSecond in training
 */
public record EpochResult(
    int epoch,
    double trainLoss,
    double trainAccuracy,
    double testAccuracy,
    double learningRate,
    double seconds,
    double imagesPerSecond) {

  /** One line of metrics.csv, whose columns {@link MeasureNames#csvHeader} names. */
  String toCsv() {
    return String.format(
        Locale.ROOT,
        "%d,%.5f,%.5f,%.5f,%.3e,%.1f,%.1f",
        epoch,
        trainLoss,
        trainAccuracy,
        testAccuracy,
        learningRate,
        seconds,
        imagesPerSecond);
  }

  /** Whether the test went better, in the digits that metrics.csv keeps. */
  boolean isBetterThan(EpochResult other) {
    return Math.round(1e5 * testAccuracy) > Math.round(1e5 * other.testAccuracy);
  }

  /** Reads such a line. */
  static EpochResult fromCsv(String line) {
    String[] values = line.split(",");
    return new EpochResult(
        Integer.parseInt(values[0]),
        Double.parseDouble(values[1]),
        Double.parseDouble(values[2]),
        Double.parseDouble(values[3]),
        Double.parseDouble(values[4]),
        Double.parseDouble(values[5]),
        Double.parseDouble(values[6]));
  }
}
