package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.TrainingOptions;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import picocli.CommandLine.Option;

/** The options that say how a network learns. */
final class LearningFlags {
  @Option(names = "--epochs", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int epochs = TrainingOptions.DEFAULT.epochs();

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

  @Option(names = "--seed", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private long seed = TrainingOptions.DEFAULT.seed();

  TrainingOptions options() {
    return new TrainingOptions(
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
  }
}
