package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary.ClassPrecision;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Says how well things were found. */
final class DetectionReport {
  private DetectionReport() {}

  /** The two numbers that count, of boxes and of masks. */
  static String line(Map<Overlap, AveragePrecisionSummary> summaries) {
    return summaries.entrySet().stream()
        .map(
            entry ->
                String.format(
                    Locale.ROOT,
                    "%s AP %.2f%%, AP50 %.2f%%",
                    noun(entry.getKey()),
                    100 * entry.getValue().ap(),
                    100 * entry.getValue().ap50()))
        .collect(Collectors.joining("; "));
  }

  /** COCO's twelve numbers, and every class's. */
  static String table(Overlap overlap, AveragePrecisionSummary summary) {
    return "by "
        + noun(overlap)
        + ", in percent:\n"
        + summary.table()
        + "\n\n"
        + TextTable.of(
            summary.classes(),
            List.of(
                new Column()
                    .header("class")
                    .dataAlign(HorizontalAlign.LEFT)
                    .with(ClassPrecision::name),
                percent("AP", ClassPrecision::ap),
                percent("AP50", ClassPrecision::ap50),
                percent("AP75", ClassPrecision::ap75),
                percent("AP small", ClassPrecision::apSmall),
                percent("AP medium", ClassPrecision::apMedium),
                percent("AP large", ClassPrecision::apLarge)));
  }

  private static String noun(Overlap overlap) {
    return overlap == Overlap.BOXES ? "box" : "mask";
  }

  private static ColumnData<ClassPrecision> percent(
      String header, ToDoubleFunction<ClassPrecision> number) {
    return new Column().header(header).with(one -> Percent.of(number.applyAsDouble(one)));
  }
}
