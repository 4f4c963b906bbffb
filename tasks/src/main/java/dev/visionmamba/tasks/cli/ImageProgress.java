package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.MeasureNames;
import dev.visionmamba.tasks.training.TrainingListener;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows training as a bar an epoch. */
final class ImageProgress implements TrainingListener, AutoCloseable {
  private final int epochs;
  private MeasureNames names = new MeasureNames("accuracy", "accuracy");
  private ProgressBar bar;

  ImageProgress(int epochs) {
    this.epochs = epochs;
  }

  /** A bar that counts images, a line of so many characters at most. */
  static ProgressBar bar(String task, int images, int width) {
    return bar(task, images, "images", width);
  }

  /** A bar that counts anything. */
  static ProgressBar bar(String task, int count, String unit, int width) {
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(count)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(1000)
        .setMaxRenderedLength(width)
        .setUnit(" " + unit, 1)
        .showSpeed()
        .build();
  }

  @Override
  public void measures(MeasureNames measured) {
    names = measured;
  }

  @Override
  public void epochStarted(int epoch, int images) {
    close();
    bar = bar("epoch " + epoch + "/" + epochs, images, 120);
  }

  @Override
  public void stepped(int images, double loss, double accuracy) {
    bar.setExtraMessage(
        String.format(
            Locale.ROOT,
            " loss %.3f, %s %.1f%s",
            loss,
            names.train(),
            100 * accuracy,
            names.unit()));
    bar.stepTo(images);
  }

  @Override
  public void epochEnded(EpochResult result) {
    bar.setExtraMessage(
        String.format(
            Locale.ROOT,
            " loss %.3f, %s %.1f%s, test %s %.2f%s",
            result.trainLoss(),
            names.train(),
            100 * result.trainAccuracy(),
            names.unit(),
            names.test(),
            100 * result.testAccuracy(),
            names.unit()));
    close();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
