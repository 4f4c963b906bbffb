package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary;
import dev.visionmamba.tasks.metrics.ConfusionMatrix;
import dev.visionmamba.tasks.metrics.ConfusionMatrixChart;
import dev.visionmamba.tasks.metrics.SegmentationAccuracy;
import dev.visionmamba.tasks.restoration.Degradation;
import dev.visionmamba.tasks.training.ClassifierEvaluation;
import dev.visionmamba.tasks.training.DetectionDataset;
import dev.visionmamba.tasks.training.DetectorEvaluation;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.tasks.training.PictureFolder;
import dev.visionmamba.tasks.training.RestorationScore;
import dev.visionmamba.tasks.training.RestorerEvaluation;
import dev.visionmamba.tasks.training.SegmentationDataset;
import dev.visionmamba.tasks.training.SegmenterEvaluation;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.SegmenterModel;
import dev.visionmamba.zoo.TrainedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code visionmamba evaluate}. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a model on a data set's test pictures. A classifier: top-1 accuracy, accuracy by"
            + " class, and a picture of which class was taken for which; a segmenter: mIoU, pixel"
            + " accuracy, and each class's IoU, accuracy and F1; a detector: COCO's twelve numbers"
            + " of boxes and of masks, and each class's; a restorer: PSNR and SSIM, before and after.")
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private TaskOption task;

  @Mixin private ModelOption model;

  @Mixin private ComputeOptions compute;

  @Mixin private DataOptions data;

  @Mixin private WorkersOption workers;

  @Option(
      names = "--set-aside",
      description =
          "Of a folder without val, measure only the pictures that training sets aside by the same"
              + " --validation and --split-seed.")
  private boolean setAside;

  @Option(
      names = "--matrix",
      paramLabel = "FILE",
      defaultValue = "confusion.png",
      description =
          "Where the picture of a classifier's confusion matrix goes (default: ${DEFAULT-VALUE}).")
  private Path matrixFile;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write what a detector finds, as a file of COCO results.")
  private Path json;

  @Option(
      names = "--degradation",
      paramLabel = "NAME",
      description =
          "Of a restorer: how the pictures are made bad, x2, noise25 or jpeg40 (default: what it"
              + " learned).")
  private String degradation;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Use only the first N pictures, to try things out.")
  private int limit = Integer.MAX_VALUE;

  @Override
  public Integer call() throws Exception {
    if (limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit must be at least 1");
    }
    String name = model.nameFor(task.asked());
    ModelTask chosen = task.of(data, name);
    if (json != null && chosen != ModelTask.DETECT) {
      throw new ParameterException(
          spec.commandLine(), "--json is for detect, and " + name + " is for " + chosen);
    }
    if (degradation != null && chosen != ModelTask.RESTORE) {
      throw new ParameterException(
          spec.commandLine(), "--degradation is for restorers, and " + name + " is for " + chosen);
    }
    if (json != null) {
      PictureOutputs.requireFile(json);
    }
    if (chosen == ModelTask.CLASSIFY) {
      PictureOutputs.requireFile(matrixFile);
    }
    int workerCount = workers.start(compute.device());
    switch (chosen) {
      case CLASSIFY -> classifier(name, workerCount);
      case SEGMENT -> segmenter(name, workerCount);
      case DETECT -> detector(name, workerCount);
      case RESTORE -> restorer(name, workerCount);
    }
    return 0;
  }

  private void classifier(String name, int workerCount) throws Exception {
    ImageDataset images = data.loadTest(setAside, workerCount).first(limit);
    ConfusionMatrix matrix;
    try (TrainedModel<?> loaded = model.load(name, compute);
        ProgressBar bar = ImageProgress.bar("evaluate", images.count(), 100)) {
      matrix = ClassifierEvaluation.run((ClassifierModel) loaded, images, workerCount, bar::stepTo);
    }
    ConfusionMatrixChart.draw(matrix, matrixFile);
    PrintWriter out = spec.commandLine().getOut();
    out.println(table(matrix));
    out.printf(
        Locale.ROOT,
        "top-1 accuracy %.2f%% of %,d images; confusion matrix in %s%n",
        100 * matrix.accuracy(),
        matrix.total(),
        matrixFile);
  }

  private void segmenter(String name, int workerCount) throws Exception {
    SegmentationDataset pictures = data.loadSegmentationTest(setAside).first(limit);
    SegmentationAccuracy accuracy;
    try (TrainedModel<?> loaded = model.load(name, compute);
        ProgressBar bar = ImageProgress.bar("evaluate", pictures.count(), 100)) {
      accuracy =
          SegmenterEvaluation.run((SegmenterModel) loaded, pictures, workerCount, bar::stepTo);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(SegmentationReport.table(accuracy));
    out.printf(
        Locale.ROOT,
        "%s, mean accuracy %.2f%%, mean F1 %.2f%% of %,d pictures%n",
        SegmentationReport.line(accuracy),
        100 * accuracy.meanAccuracy(),
        100 * accuracy.meanDice(),
        pictures.count());
  }

  private void detector(String name, int workerCount) throws Exception {
    DetectionDataset pictures = data.loadDetectionTest(setAside).first(limit);
    List<CocoResult> results = new ArrayList<>();
    Map<Overlap, AveragePrecisionSummary> summaries;
    try (TrainedModel<?> loaded = model.load(name, compute);
        ProgressBar bar = ImageProgress.bar("evaluate", pictures.count(), 100)) {
      DetectorModel detector = (DetectorModel) loaded;
      summaries =
          DetectorEvaluation.run(
              detector,
              pictures,
              DetectorLearning.overlaps(detector),
              workerCount,
              bar::stepTo,
              (found, image) -> found.forEach(one -> results.add(result(pictures, image, one))));
    }
    PrintWriter out = spec.commandLine().getOut();
    summaries.forEach(
        (overlap, summary) -> out.println(DetectionReport.table(overlap, summary) + "\n"));
    out.printf(
        Locale.ROOT, "%s of %,d pictures%n", DetectionReport.line(summaries), pictures.count());
    if (json != null) {
      CocoResults.of(results).write(json);
      out.printf(Locale.ROOT, "%,d detections are in %s%n", results.size(), json);
    }
  }

  private void restorer(String name, int workerCount) throws Exception {
    try (RestorerModel loaded = (RestorerModel) model.load(name, compute)) {
      String named =
          degradation == null
              ? loaded.description().notes().get(RestorerLearning.DEGRADATION)
              : degradation;
      if (named == null) {
        throw new ParameterException(
            spec.commandLine(),
            name + " does not say what it restores: say by --degradation, x2, noise25 or jpeg40");
      }
      Degradation bad = RestorationFlags.named(named, spec);
      PictureFolder pictures =
          data.loadPicturesTest(setAside, loaded.network().channels()).first(limit);
      RestorationScore score;
      try (ProgressBar bar = ImageProgress.bar("evaluate", pictures.count(), 100)) {
        score =
            RestorerEvaluation.run(
                loaded, pictures, bad, Integer.MAX_VALUE, workerCount, bar::stepTo);
      }
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %s of %,d pictures%n",
              bad,
              RestorerLearning.line(score),
              score.pictures());
    }
  }

  private static CocoResult result(DetectionDataset pictures, long image, Detection found) {
    return new CocoResult(
        image, pictures.categoryId(found.label()), found.score(), found.box(), found.mask());
  }

  private static String table(ConfusionMatrix matrix) {
    List<Integer> classes = new ArrayList<>();
    for (int i = 0; i < matrix.classNames().size(); i++) {
      classes.add(i);
    }
    return TextTable.of(
        classes,
        List.of(
            new Column()
                .header("class")
                .dataAlign(HorizontalAlign.LEFT)
                .with(i -> matrix.classNames().get(i)),
            new Column().header("images").with(i -> Long.toString(matrix.total(i))),
            new Column().header("accuracy").with(i -> Percent.of(matrix.accuracy(i)))));
  }
}
