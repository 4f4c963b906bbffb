package dev.visionmamba.tasks.training;

import java.util.Locale;
import java.util.Objects;

/**
 * What a training measures, as its field calls it.
 *
 * @param train what {@link EpochResult#trainAccuracy} is, over the images that are learned from:
 *     {@code accuracy} of a classifier, {@code pixel accuracy} of a segmenter
 * @param test what {@link EpochResult#testAccuracy} is, over the images that are tested with:
 *     {@code accuracy}, {@code mIoU}, {@code box AP}
 * @param unit what a hundredth is: {@code %}, or {@code dB} where 0.314 means 31.4 dB
 */
public record MeasureNames(String train, String test, String unit) {

  /**
   * Of measures in percent.
   *
   * @param train over the images that are learned from
   * @param test over the images that are tested with
   */
  public MeasureNames(String train, String test) {
    this(train, test, "%");
  }

  /** Checks that all are there. */
  public MeasureNames {
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(test, "test");
    Objects.requireNonNull(unit, "unit");
  }

  /** A measure as a model's notes have it: a share of 1, or what it stands for with its unit. */
  String note(double measure) {
    return unit.equals("%")
        ? String.format(Locale.ROOT, "%.4f", measure)
        : String.format(Locale.ROOT, "%.2f %s", 100 * measure, unit);
  }

  /** The names of metrics.csv's columns, in the order of {@link EpochResult#toCsv}. */
  String csvHeader() {
    return String.format(
        "epoch,train_loss,train_%s,test_%s,learning_rate,seconds,images_per_s",
        column(train), column(test));
  }

  private static String column(String name) {
    return name.toLowerCase(Locale.ROOT).replace(' ', '_');
  }
}
