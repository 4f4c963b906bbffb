package dev.visionmamba.tasks.cli;

import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.metrics.ConfusionMatrixChart;
import dev.visionmamba.tasks.training.ClassifierEvaluation;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.tasks.training.TrainingOptions;
import dev.visionmamba.zoo.ClassifierModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code visionmamba train}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains a classifier, or tunes a trained one to pictures of your own (--from).",
      "After each epoch the folder holds model.safetensors, checkpoint.safetensors,"
          + " metrics.csv and curves.png; at the end also confusion.png."
    })
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DataOptions data;

  @Mixin private NetworkFlags network;

  @Mixin private LearningFlags learning;

  @Mixin private WorkersOption workers;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where results go.")
  private Path out;

  @Option(names = "--resume", description = "Go on from the folder's checkpoint.")
  private boolean resume;

  @Option(
      names = "--until",
      paramLabel = "N",
      description = "Stop after epoch N of the schedule; --resume goes on behind it.")
  private int until = Integer.MAX_VALUE;

  @Option(
      names = "--half",
      description = "Write the model's weights as float16: half the size, trained as ever.")
  private boolean half;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Use only N images of either part, to try things out.")
  private int limit = Integer.MAX_VALUE;

  @Override
  public Integer call() throws Exception {
    if (until < 1 || limit < 1) {
      throw new ParameterException(spec.commandLine(), "--until and --limit must be at least 1");
    }
    int workerCount = workers.start();
    TrainingOptions options = learning.options(data.dataset(), network.tuned());
    DataOptions.Parts parts = data.load(workerCount);
    ImageDataset train = parts.train().first(limit);
    ImageDataset test = parts.test().first(limit);
    Engine.getEngine("PyTorch").setRandomSeed((int) options.seed());
    try (ClassifierModel model = network.create(data, train.classNames());
        ImageProgress progress = new ImageProgress(options.epochs())) {
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %,d parameters; %,d training and %,d test images%n",
              model.description().name(),
              model.network().parameterCount(),
              train.count(),
              test.count());
      spec.commandLine().getOut().flush();
      ClassifierTraining training =
          new ClassifierTraining(
              model,
              train,
              test,
              options,
              out,
              half ? DataType.FLOAT16 : DataType.FLOAT32,
              workerCount);
      List<EpochResult> results =
          training.run(resume, until, Map.of("command", command(), "data", data.title()), progress);
      progress.close();
      ConfusionMatrixChart.draw(
          ClassifierEvaluation.run(model, test, workerCount, done -> {}),
          out.resolve("confusion.png"));
      EpochResult kept = training.kept(results);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "test accuracy %.2f%% after %d epochs; the model is %s%n",
              100 * kept.testAccuracy(),
              kept.epoch(),
              out.resolve(ClassifierTraining.MODEL_FILE));
    }
    return 0;
  }

  /** The command line that gives this model. */
  private String command() {
    List<String> words =
        new ArrayList<>(spec.commandLine().getParent().getParseResult().originalArgs());
    words.remove("--resume");
    return "visionmamba " + String.join(" ", words);
  }
}
