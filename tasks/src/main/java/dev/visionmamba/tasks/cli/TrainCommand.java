package dev.visionmamba.tasks.cli;

import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.TrainingOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
      "Trains a classifier, a segmenter, a detector or a restorer, or tunes a trained one to"
          + " pictures of your own (--from).",
      "After each epoch the folder holds model.safetensors, checkpoint.safetensors,"
          + " metrics.csv and curves.png; at the end, for a classifier, also confusion.png."
    })
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private TaskOption task;

  @Mixin private DataOptions data;

  @Mixin private NetworkFlags network;

  @Mixin private SamplingFlags sampling;

  @Mixin private LearningFlags learning;

  @Mixin private RestorationFlags restoration;

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
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new ParameterException(
          spec.commandLine(), "--out must be a folder, and " + out + " is a file");
    }
    ModelTask chosen = task.of(data, network);
    if (restoration.given() && chosen != ModelTask.RESTORE) {
      throw new ParameterException(
          spec.commandLine(),
          "--degradation, --patch, --pieces and --loss are for --task restore, not " + chosen);
    }
    int workerCount = workers.start(network.device());
    TrainingOptions options = learning.options(data.dataset(chosen), network.from().isPresent());
    Learning.Setup setup =
        new Learning.Setup(
            options, out, half ? DataType.FLOAT16 : DataType.FLOAT32, workerCount, limit);
    try (Learning run = learning(chosen, setup);
        ImageProgress progress = new ImageProgress(options.epochs())) {
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %,d parameters; %,d training and %,d test images%n",
              run.model().description().name(),
              run.model().network().parameterCount(),
              run.trainCount(),
              run.testCount());
      spec.commandLine().getOut().flush();
      Map<String, String> notes = new HashMap<>(run.notes());
      notes.put("command", command());
      notes.put("data", data.title());
      List<EpochResult> results = run.training().run(resume, until, notes, progress);
      progress.close();
      EpochResult kept = run.training().kept(results);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s after %d epochs; the model is %s%n",
              run.measurement().of(kept),
              kept.epoch(),
              out.resolve(ClassifierTraining.MODEL_FILE));
    }
    return 0;
  }

  private Learning learning(ModelTask chosen, Learning.Setup setup) throws Exception {
    return switch (chosen) {
      case CLASSIFY -> ClassifierLearning.of(data, network, setup);
      case SEGMENT -> SegmenterLearning.of(data, network, setup);
      case DETECT -> DetectorLearning.of(data, network, sampling, setup);
      case RESTORE -> RestorerLearning.of(data, network, restoration, setup);
    };
  }

  /** The command line that gives this model. */
  private String command() {
    List<String> words =
        new ArrayList<>(spec.commandLine().getParent().getParseResult().originalArgs());
    words.remove("--resume");
    return "visionmamba " + String.join(" ", words);
  }
}
