package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.tasks.metrics.SegmentationAccuracy;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Says how well pixels were given their classes. */
final class SegmentationReport {
  private SegmentationReport() {}

  /** The two numbers that count. */
  static String line(SegmentationAccuracy accuracy) {
    return String.format(
        Locale.ROOT,
        "mIoU %.2f%%, pixel accuracy %.2f%%",
        100 * accuracy.meanIou(),
        100 * accuracy.pixelAccuracy());
  }

  /** Every class's numbers. */
  static String table(SegmentationAccuracy accuracy) {
    return TextTable.of(
        IntStream.range(0, accuracy.classNames().size()).boxed().toList(),
        List.of(
            new Column()
                .header("class")
                .dataAlign(HorizontalAlign.LEFT)
                .with((Integer label) -> accuracy.classNames().get(label)),
            percent("IoU", accuracy::iou),
            percent("accuracy", accuracy::accuracy),
            percent("F1", accuracy::dice)));
  }

  private static ColumnData<Integer> percent(String header, IntToDoubleFunction number) {
    return new Column().header(header).with(label -> Percent.of(number.applyAsDouble(label)));
  }
}
