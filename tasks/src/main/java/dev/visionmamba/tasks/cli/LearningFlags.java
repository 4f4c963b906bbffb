package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.Augmentation;
import dev.visionmamba.tasks.training.FineTuning;
import dev.visionmamba.tasks.training.Mixing;
import dev.visionmamba.tasks.training.TrainingOptions;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that say how a network learns. What is not given comes from the options that suit the
 * data and the start, so the fields are null until then.
 */
final class LearningFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Default: 20; 100 to classify pictures from scratch, 50 to restore.")
  private Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Images a step (default: 128; 64 for pictures from scratch, 32 with --from; 16 to segment"
              + " or detect).")
  private Integer batchSize;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "${COMPLETION-CANDIDATES} (default: adamw): muon learns more from each image when"
              + " training from scratch.")
  private OptimizerKind optimizer;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description =
          "The peak of the schedule (default: 0.002; 0.001 for pictures and with --from, and to"
              + " segment or detect; 0.0005 for both).")
  private Float learningRate;

  @Option(names = "--weight-decay", paramLabel = "X", description = "Default: 0.05.")
  private Float weightDecay;

  @Option(
      names = "--warmup",
      paramLabel = "EPOCHS",
      description = "Default: 1; 5 for pictures from scratch; at most half of the epochs.")
  private Float warmupEpochs;

  @Option(
      names = "--label-smoothing",
      paramLabel = "X",
      description = "Default: 0.1; only to classify.")
  private Float labelSmoothing;

  @Option(
      names = "--freeze",
      paramLabel = "N",
      description =
          "Keep the stem and the first N stages (of a plain backbone: layers) as they are (default:"
              + " everything learns).")
  private Integer frozenStages;

  @Option(names = "--head-only", description = "Keep the whole backbone as it is.")
  private boolean headOnly;

  @Option(
      names = "--layer-decay",
      paramLabel = "X",
      description =
          "Each layer learns by this factor slower than the next (default: 0.75 with --from, else"
              + " 1).")
  private Float layerDecay;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "Stop when the test has not gone better for N epochs, and keep the best epoch's model"
              + " (default: 0, train to the end and keep the last).")
  private Integer patience;

  @Option(
      names = "--shift",
      paramLabel = "PIXELS",
      description =
          "Move images at random by up to so many pixels (default: 2 for fashion-mnist, else 0).")
  private Integer shift;

  @Option(
      names = "--no-flip",
      negatable = true,
      description = "Do not flip images at random, left to right.")
  private boolean noFlip;

  @Option(
      names = "--crop",
      paramLabel = "SHARE",
      description =
          "Cut out at random at least this part of a picture's area (default: 0.08 for pictures"
              + " from scratch, 0.35 with --from; 1 for fashion-mnist: no crop).")
  private Double smallestCrop;

  @Option(
      names = "--jitter",
      paramLabel = "X",
      description =
          "Change brightness, contrast and saturation at random by up to this part (default: 0.4"
              + " for pictures from scratch, 0.2 with --from, 0 for fashion-mnist).")
  private Float jitter;

  @Option(
      names = "--mixup",
      paramLabel = "ALPHA",
      description = "Blend pictures with each other, such as by 0.2 (default: 0, never).")
  private Float mixup;

  @Option(
      names = "--cutmix",
      paramLabel = "ALPHA",
      description = "Exchange boxes of pictures, such as by 1 (default: 0, never).")
  private Float cutmix;

  @Option(
      names = "--ema",
      paramLabel = "DECAY",
      description =
          "Measure and keep a running mean of the weights, of which a step keeps this part, such as"
              + " 0.999 (default: 0, the weights themselves).")
  private Float emaDecay;

  @Option(names = "--seed", paramLabel = "N", description = "Default: 0.")
  private Long seed;

  /**
   * How a network learns from a data set.
   *
   * @param tuned whether it starts from a trained one
   * @throws ParameterException if an option is only for classifiers, and this is none
   */
  TrainingOptions options(DataSet dataset, boolean tuned) {
    try {
      return unchecked(dataset, tuned);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private TrainingOptions unchecked(DataSet dataset, boolean tuned) {
    boolean dense = !dataset.tasks().contains(ModelTask.CLASSIFY);
    if (dense) {
      refuseForDense();
    }
    boolean restores = dataset == DataSet.PICTURES;
    TrainingOptions base = tuned && !restores ? tuned(dense) : fromScratch(dataset);
    Augmentation augmentation =
        dataset == DataSet.FASHION_MNIST
            ? fromScratch(dataset).augmentation()
            : base.augmentation();
    int count = or(epochs, base.epochs());
    return new TrainingOptions(
        count,
        or(batchSize, base.batchSize()),
        or(learningRate, base.learningRate()),
        or(weightDecay, base.weightDecay()),
        Math.min(or(warmupEpochs, base.warmupEpochs()), count / 2f),
        or(labelSmoothing, base.labelSmoothing()),
        new Augmentation(
            or(shift, augmentation.shift()),
            !noFlip && augmentation.flip(),
            or(smallestCrop, augmentation.smallestCrop()),
            or(jitter, augmentation.jitter())),
        new Mixing(or(mixup, base.mixing().mixup()), or(cutmix, base.mixing().cutmix())),
        or(optimizer, base.optimizer()),
        or(emaDecay, base.emaDecay()),
        new FineTuning(
            or(frozenStages, base.tuning().frozenStages()),
            headOnly,
            or(layerDecay, base.tuning().layerDecay())),
        or(patience, base.patience()),
        or(seed, base.seed()));
  }

  private static TrainingOptions tuned(boolean dense) {
    return dense ? TrainingOptions.DENSE_FINE_TUNING : TrainingOptions.FINE_TUNING;
  }

  private static TrainingOptions fromScratch(DataSet dataset) {
    return switch (dataset) {
      case FOLDER -> TrainingOptions.PICTURES;
      case FASHION_MNIST -> TrainingOptions.SMALL_IMAGES;
      case FASHION_SCENES, MASKS, COCO -> TrainingOptions.DENSE;
      case PICTURES -> TrainingOptions.RESTORATION;
    };
  }

  private void refuseForDense() {
    Map<String, Object> given = new LinkedHashMap<>();
    given.put("--label-smoothing", labelSmoothing);
    given.put("--shift", shift);
    given.put("--crop", smallestCrop);
    given.put("--jitter", jitter);
    given.put("--mixup", mixup);
    given.put("--cutmix", cutmix);
    given.values().removeIf(Objects::isNull);
    if (!given.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          String.join(", ", given.keySet())
              + ": for classifiers only; to segment or detect, pictures are mirrored (--no-flip"
              + " keeps them from it), and cut to windows to segment");
    }
  }

  private static <T> T or(T given, T standard) {
    return given == null ? standard : given;
  }
}
