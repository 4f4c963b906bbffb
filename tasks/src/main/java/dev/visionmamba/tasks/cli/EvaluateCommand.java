package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.tasks.metrics.ConfusionMatrix;
import dev.visionmamba.tasks.metrics.ConfusionMatrixChart;
import dev.visionmamba.tasks.training.ClassifierEvaluation;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.zoo.ClassifierModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code visionmamba evaluate}. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a classifier on a data set's test images: top-1 accuracy, accuracy by class, and"
            + " a picture of which class was taken for which.")
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

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
      description = "Where the picture of the confusion matrix goes (default: ${DEFAULT-VALUE}).")
  private Path matrixFile;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    int workerCount = workers.start();
    ImageDataset images = data.loadTest(setAside, workerCount);
    ConfusionMatrix matrix;
    try (ClassifierModel loaded = model.load();
        ProgressBar bar = ImageProgress.bar("evaluate", images.count(), 100)) {
      matrix = ClassifierEvaluation.run(loaded, images, workerCount, bar::stepTo);
    }
    ConfusionMatrixChart.draw(matrix, matrixFile);
    out.println(table(matrix));
    out.printf(
        Locale.ROOT,
        "top-1 accuracy %.2f%% of %,d images; confusion matrix in %s%n",
        100 * matrix.accuracy(),
        matrix.total(),
        matrixFile);
    return 0;
  }

  private static String table(ConfusionMatrix matrix) {
    List<Integer> classes = new ArrayList<>();
    for (int i = 0; i < matrix.classNames().size(); i++) {
      classes.add(i);
    }
    return AsciiTable.getTable(
        AsciiTable.NO_BORDERS,
        classes,
        List.of(
            new Column()
                .header("class")
                .dataAlign(HorizontalAlign.LEFT)
                .with(i -> matrix.classNames().get(i)),
            new Column().header("images").with(i -> Long.toString(matrix.total(i))),
            new Column()
                .header("accuracy")
                .with(
                    i ->
                        matrix.total(i) == 0
                            ? "-"
                            : String.format(Locale.ROOT, "%.1f%%", 100 * matrix.accuracy(i)))));
  }
}
