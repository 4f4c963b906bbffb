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
 */
public record MeasureNames(String train, String test) {

  /** Checks that both are there. */
  public MeasureNames {
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(test, "test");
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
