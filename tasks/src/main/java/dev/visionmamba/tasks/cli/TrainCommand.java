package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.engine.Threads;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.LabelledImages;
import dev.visionmamba.tasks.training.TrainingListener;
import dev.visionmamba.tasks.training.TrainingOptions;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
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
      "Trains a classifier.",
      "After each epoch the folder holds model.safetensors, checkpoint.safetensors,"
          + " metrics.csv and curves.png."
    })
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DataOptions data;

  @Option(
      names = "--model",
      defaultValue = "vim_micro",
      paramLabel = "NAME",
      description = "Which backbone, from the models command (default: ${DEFAULT-VALUE}).")
  private String backbone;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "Changes an argument of the backbone, by the name that its reference gives it, such as"
              + " depth=4; repeatable.")
  private Map<String, String> arguments = new HashMap<>();

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where results go.")
  private Path out;

  @Option(names = "--resume", description = "Go on from the folder's checkpoint.")
  private boolean resume;

  @Option(names = "--epochs", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int epochs = TrainingOptions.DEFAULT.epochs();

  @Option(
      names = "--until",
      paramLabel = "N",
      description = "Stop after epoch N of the schedule; --resume goes on behind it.")
  private int until = Integer.MAX_VALUE;

  @Option(
      names = "--weights",
      paramLabel = "NAME|PATH",
      description = "Start from a model's weights, to train it further.")
  private String weights;

  @Option(names = "--batch", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int batchSize = TrainingOptions.DEFAULT.batchSize();

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}): muon learns more from each image"
              + " when training from scratch.")
  private OptimizerKind optimizer = TrainingOptions.DEFAULT.optimizer();

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "The peak of the schedule (default: ${DEFAULT-VALUE}).")
  private float learningRate = TrainingOptions.DEFAULT.learningRate();

  @Option(names = "--weight-decay", paramLabel = "X", description = "Default: ${DEFAULT-VALUE}.")
  private float weightDecay = TrainingOptions.DEFAULT.weightDecay();

  @Option(names = "--warmup", paramLabel = "EPOCHS", description = "Default: ${DEFAULT-VALUE}.")
  private float warmupEpochs = TrainingOptions.DEFAULT.warmupEpochs();

  @Option(names = "--label-smoothing", paramLabel = "X", description = "Default: ${DEFAULT-VALUE}.")
  private float labelSmoothing = TrainingOptions.DEFAULT.labelSmoothing();

  @Option(
      names = "--shift",
      paramLabel = "PIXELS",
      description = "Move images at random by up to so many pixels (default: ${DEFAULT-VALUE}).")
  private int shift = TrainingOptions.DEFAULT.shift();

  @Option(
      names = "--no-flip",
      negatable = true,
      description = "Do not flip images at random, left to right.")
  private boolean noFlip;

  @Option(
      names = "--ema",
      paramLabel = "DECAY",
      description =
          "Measure and keep a running mean of the weights, of which a step keeps this part, such as"
              + " 0.999 (default: ${DEFAULT-VALUE}, the weights themselves).")
  private float emaDecay = TrainingOptions.DEFAULT.emaDecay();

  @Option(
      names = "--half",
      description = "Write the model's weights as float16: half the size, trained as ever.")
  private boolean half;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description =
          "How many threads share a batch, each with images of its own (default: one a core; 1: all"
              + " cores share every operation).")
  private int workers = Runtime.getRuntime().availableProcessors();

  @Option(names = "--seed", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private long seed = TrainingOptions.DEFAULT.seed();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Use only the first N images of either half, to try things out.")
  private int limit = Integer.MAX_VALUE;

  @Override
  public Integer call() throws Exception {
    if (until < 1 || limit < 1 || workers < 1) {
      throw new ParameterException(
          spec.commandLine(), "--until, --limit and --workers must be at least 1");
    }
    if (workers > 1) {
      System.setProperty(Threads.PROPERTY, "1"); // each works alone
    }
    TrainingOptions options =
        new TrainingOptions(
            epochs,
            batchSize,
            learningRate,
            weightDecay,
            Math.min(warmupEpochs, epochs / 2f),
            labelSmoothing,
            shift,
            !noFlip,
            optimizer,
            emaDecay,
            seed);
    LabelledImages train = data.load(FashionMnist.Split.TRAIN).first(limit);
    LabelledImages test = data.load(FashionMnist.Split.TEST).first(limit);
    Engine.getEngine("PyTorch").setRandomSeed((int) seed);
    try (ClassifierModel model = ClassifierModel.create(description(train), Device.cpu());
        Progress progress = new Progress(options.epochs())) {
      if (weights != null) {
        startFrom(model);
      }
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
      List<EpochResult> results =
          new ClassifierTraining(
                  model,
                  train,
                  test,
                  options,
                  out,
                  half ? DataType.FLOAT16 : DataType.FLOAT32,
                  workers)
              .run(
                  resume,
                  until,
                  Map.of("command", command(), "data", data.dataset().title()),
                  progress);
      progress.close();
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "test accuracy %.2f%% after %d epochs; the model is %s%n",
              100 * results.get(results.size() - 1).testAccuracy(),
              results.size(),
              out.resolve(ClassifierTraining.MODEL_FILE));
    }
    return 0;
  }

  private void startFrom(ClassifierModel model) throws Exception {
    try (ClassifierModel other = ModelCatalogue.load(weights, Device.cpu())) {
      Map<String, NDArray> tensors = StateDict.of(other.network());
      tensors.replaceAll((name, tensor) -> tensor.duplicate());
      model.fill(tensors, weights);
    }
  }

  /** The command line that gives this model. */
  private String command() {
    List<String> words =
        new ArrayList<>(spec.commandLine().getParent().getParseResult().originalArgs());
    words.remove("--resume");
    return "visionmamba " + String.join(" ", words);
  }

  private ModelDescription description(LabelledImages train) {
    Map<String, Object> all = new HashMap<>();
    arguments.forEach((name, value) -> all.put(name, parse(value)));
    all.put("num_classes", train.classNames().size());
    ImageInput input =
        new ImageInput(
            Math.min(train.height(), train.width()),
            train.height(),
            train.width(),
            "bicubic",
            List.of(data.dataset().mean()),
            List.of(data.dataset().std()));
    return new ModelDescription(
        backbone + "." + data.dataset().toString().replace('-', '_'),
        backbone,
        all,
        train.classNames(),
        input,
        Map.of());
  }

  private static Object parse(String value) {
    if (value.equals("true") || value.equals("false")) {
      return Boolean.valueOf(value);
    }
    try {
      return Double.valueOf(value);
    } catch (NumberFormatException e) {
      return value;
    }
  }

  /** A bar an epoch. */
  private static final class Progress implements TrainingListener, AutoCloseable {
    private final int epochs;
    private ProgressBar bar;

    Progress(int epochs) {
      this.epochs = epochs;
    }

    @Override
    public void epochStarted(int epoch, int images) {
      close();
      bar =
          new ProgressBarBuilder()
              .setTaskName("epoch " + epoch + "/" + epochs)
              .setInitialMax(images)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(1000)
              .setMaxRenderedLength(120)
              .setUnit(" images", 1)
              .showSpeed()
              .build();
    }

    @Override
    public void stepped(int images, double loss, double accuracy) {
      bar.setExtraMessage(
          String.format(Locale.ROOT, " loss %.3f, accuracy %.1f%%", loss, 100 * accuracy));
      bar.stepTo(images);
    }

    @Override
    public void epochEnded(EpochResult result) {
      bar.setExtraMessage(
          String.format(
              Locale.ROOT,
              " loss %.3f, accuracy %.1f%%, test %.2f%%",
              result.trainLoss(),
              100 * result.trainAccuracy(),
              100 * result.testAccuracy()));
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
}
