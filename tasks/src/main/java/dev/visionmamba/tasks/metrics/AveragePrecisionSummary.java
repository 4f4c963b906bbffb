package dev.visionmamba.tasks.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * COCO's twelve numbers, each the mean over the classes that have something to be found, 0 to 1;
 * NaN where no class has (pycocotools says -1 there).
 *
 * @param ap average precision: the mean over the thresholds 0.50 to 0.95
 * @param ap50 at the threshold 0.50
 * @param ap75 at the threshold 0.75
 * @param apSmall of things up to 32 x 32 pixels
 * @param apMedium of things from 32 x 32 to 96 x 96 pixels
 * @param apLarge of things from 96 x 96 pixels
 * @param ar1 average recall: the mean over the thresholds, with 1 detection of a class in a picture
 * @param ar10 with 10
 * @param ar100 with 100
 * @param arSmall of things up to 32 x 32 pixels, with 100
 * @param arMedium of things from 32 x 32 to 96 x 96 pixels, with 100
 * @param arLarge of things from 96 x 96 pixels, with 100
 * @param classes the average precision of each class, by label
 */
public record AveragePrecisionSummary(
    double ap,
    double ap50,
    double ap75,
    double apSmall,
    double apMedium,
    double apLarge,
    double ar1,
    double ar10,
    double ar100,
    double arSmall,
    double arMedium,
    double arLarge,
    List<ClassPrecision> classes) {
  private static final int AT_75 = 5;
  private static final int MOST = ImageMatches.MOST_DETECTIONS;

  /**
   * Average precision of one class; each number is NaN if nothing was to be found.
   *
   * @param name its name
   * @param ap the mean over the thresholds 0.50 to 0.95
   * @param ap50 at the threshold 0.50
   * @param ap75 at the threshold 0.75
   * @param apSmall of things up to 32 x 32 pixels
   * @param apMedium of things from 32 x 32 to 96 x 96 pixels
   * @param apLarge of things from 96 x 96 pixels
   */
  public record ClassPrecision(
      String name,
      double ap,
      double ap50,
      double ap75,
      double apSmall,
      double apMedium,
      double apLarge) {}

  /** Keeps a copy of the list. */
  public AveragePrecisionSummary {
    classes = List.copyOf(classes);
  }

  /** From the curves of all classes, by label. */
  static AveragePrecisionSummary of(List<String> classNames, List<ClassCurves> curves) {
    List<ClassCurves.Means> all = means(curves, AreaRange.ALL, MOST);
    List<ClassCurves.Means> small = means(curves, AreaRange.SMALL, MOST);
    List<ClassCurves.Means> medium = means(curves, AreaRange.MEDIUM, MOST);
    List<ClassCurves.Means> large = means(curves, AreaRange.LARGE, MOST);
    List<ClassPrecision> classes = new ArrayList<>();
    for (int label = 0; label < classNames.size(); label++) {
      List<ClassCurves> own = curves.subList(label, label + 1);
      List<ClassCurves.Means> one = means(own, AreaRange.ALL, MOST);
      classes.add(
          new ClassPrecision(
              classNames.get(label),
              mean(one, AveragePrecisionSummary::precision),
              mean(one, means -> means.precision()[0]),
              mean(one, means -> means.precision()[AT_75]),
              mean(means(own, AreaRange.SMALL, MOST), AveragePrecisionSummary::precision),
              mean(means(own, AreaRange.MEDIUM, MOST), AveragePrecisionSummary::precision),
              mean(means(own, AreaRange.LARGE, MOST), AveragePrecisionSummary::precision)));
    }
    return new AveragePrecisionSummary(
        mean(all, AveragePrecisionSummary::precision),
        mean(all, means -> means.precision()[0]),
        mean(all, means -> means.precision()[AT_75]),
        mean(small, AveragePrecisionSummary::precision),
        mean(medium, AveragePrecisionSummary::precision),
        mean(large, AveragePrecisionSummary::precision),
        mean(means(curves, AreaRange.ALL, 1), AveragePrecisionSummary::recall),
        mean(means(curves, AreaRange.ALL, 10), AveragePrecisionSummary::recall),
        mean(all, AveragePrecisionSummary::recall),
        mean(small, AveragePrecisionSummary::recall),
        mean(medium, AveragePrecisionSummary::recall),
        mean(large, AveragePrecisionSummary::recall),
        classes);
  }

  /** Of the classes that have something to be found. */
  private static List<ClassCurves.Means> means(
      List<ClassCurves> curves, AreaRange range, int mostDetections) {
    return curves.stream()
        .map(curve -> curve.means(range, mostDetections))
        .filter(means -> means != null)
        .toList();
  }

  private static double precision(ClassCurves.Means means) {
    return ClassCurves.mean(means.precision());
  }

  private static double recall(ClassCurves.Means means) {
    return ClassCurves.mean(means.recall());
  }

  private static double mean(
      List<ClassCurves.Means> classes, ToDoubleFunction<ClassCurves.Means> number) {
    return classes.stream().mapToDouble(number).average().orElse(Double.NaN);
  }

  /**
   * A table of the twelve numbers in percent, a line each.
   *
   * @return lines without a line break at the end
   */
  public String table() {
    String[] names = {
      "AP",
      "AP50",
      "AP75",
      "AP small",
      "AP medium",
      "AP large",
      "AR, 1 detection",
      "AR, 10 detections",
      "AR, 100 detections",
      "AR small",
      "AR medium",
      "AR large"
    };
    double[] numbers = {
      ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge
    };
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      String number =
          Double.isNaN(numbers[i])
              ? "    -"
              : String.format(Locale.ROOT, "%5.1f", 100 * numbers[i]);
      lines.add(String.format("%-18s %s", names[i], number));
    }
    return String.join("\n", lines);
  }
}
