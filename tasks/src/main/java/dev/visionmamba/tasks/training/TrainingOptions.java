package dev.visionmamba.tasks.training;

import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How a network is trained: a cosine schedule after a warm-up, label smoothing, augmentation, and,
 * where it is tuned, which parts learn.
 *
 * @param epochs how often every image is seen, at least 1
 * @param batchSize images a step, at least 1
 * @param learningRate the peak learning rate, above 0
 * @param weightDecay decoupled decay of matrices (not of biases, norms, tokens and state spaces)
 * @param warmupEpochs epochs in which the learning rate rises to its peak; may be a fraction
 * @param labelSmoothing share of the target that is spread over all classes, 0 up to but not 1
 * @param augmentation how training images are changed at random
 * @param mixing how training images are mixed with each other
 * @param optimizer what turns gradients into steps
 * @param emaDecay if above 0, what is measured and kept is a running mean of the weights: the part
 *     of it that a step keeps, such as 0.999; below 1
 * @param tuning which parts learn, and how fast
 * @param patience if above 0, training stops when the test has not gone better for so many epochs,
 *     and the model of the best epoch is kept, not of the last; at least 0
 * @param seed of the order, the augmentation and the initial weights
 */
public record TrainingOptions(
    int epochs,
    int batchSize,
    float learningRate,
    float weightDecay,
    float warmupEpochs,
    float labelSmoothing,
    Augmentation augmentation,
    Mixing mixing,
    OptimizerKind optimizer,
    float emaDecay,
    FineTuning tuning,
    int patience,
    long seed) {

  /** The optimizers that there are. */
  public enum OptimizerKind {
    /** Adam with decoupled weight decay (arXiv:1711.05101). */
    ADAMW,
    /**
     * Orthogonal steps for the matrices of hidden layers (Muon, Jordan et al. 2024), AdamW for the
     * rest: learns more from each image, for training from scratch.
     */
    MUON;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** For small grey images, from scratch. */
  public static final TrainingOptions SMALL_IMAGES =
      new TrainingOptions(
          20,
          128,
          2e-3f,
          0.05f,
          1f,
          0.1f,
          Augmentation.shifts(2, true),
          Mixing.NONE,
          OptimizerKind.ADAMW,
          0f,
          FineTuning.NONE,
          0,
          0);

  /** For pictures of any size, from scratch: timm's usual augmentation. */
  public static final TrainingOptions PICTURES =
      SMALL_IMAGES.with(
          changes -> {
            changes.epochs = 100;
            changes.batchSize = 64;
            changes.learningRate = 1e-3f;
            changes.warmupEpochs = 5f;
            changes.augmentation = new Augmentation(0, true, 0.08, 0.4f);
          });

  /** To tune a trained model to pictures of one's own: gentler, and slower in early layers. */
  public static final TrainingOptions FINE_TUNING =
      SMALL_IMAGES.with(
          changes -> {
            changes.batchSize = 32;
            changes.learningRate = 1e-3f;
            changes.augmentation = new Augmentation(0, true, 0.35, 0.2f);
            changes.tuning = new FineTuning(-1, false, 0.75f);
          });

  /** For segmenters and detectors, from scratch: pictures are mirrored at random, nothing else. */
  public static final TrainingOptions DENSE =
      SMALL_IMAGES.with(
          changes -> {
            changes.batchSize = 16;
            changes.learningRate = 1e-3f;
            changes.labelSmoothing = 0f;
            changes.augmentation = new Augmentation(0, true, 1, 0f);
          });

  /** For restorers, from scratch: no decay, and a running mean of the weights. */
  public static final TrainingOptions RESTORATION =
      DENSE.with(
          changes -> {
            changes.epochs = 50;
            changes.weightDecay = 0f;
            changes.emaDecay = 0.999f;
          });

  /** For segmenters and detectors whose backbone is trained: slower in early layers. */
  public static final TrainingOptions DENSE_FINE_TUNING =
      DENSE.with(
          changes -> {
            changes.learningRate = 5e-4f;
            changes.tuning = new FineTuning(-1, false, 0.75f);
          });

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming what is out of range
   */
  public TrainingOptions {
    Objects.requireNonNull(augmentation, "augmentation");
    Objects.requireNonNull(mixing, "mixing");
    Objects.requireNonNull(optimizer, "optimizer");
    Objects.requireNonNull(tuning, "tuning");
    Ranges.require(epochs >= 1, "epochs", epochs);
    Ranges.require(batchSize >= 1, "batch size", batchSize);
    Ranges.require(learningRate > 0 && Float.isFinite(learningRate), "learning rate", learningRate);
    Ranges.require(weightDecay >= 0 && Float.isFinite(weightDecay), "weight decay", weightDecay);
    Ranges.require(
        warmupEpochs >= 0 && warmupEpochs < epochs, "number of warm-up epochs", warmupEpochs);
    Ranges.require(emaDecay >= 0 && emaDecay < 1, "decay of the weights' mean", emaDecay);
    Ranges.require(patience >= 0, "patience", patience);
    Ranges.require(labelSmoothing >= 0 && labelSmoothing < 1, "label smoothing", labelSmoothing);
  }

  /**
   * The same for another number of epochs.
   *
   * @param newEpochs how often every image is seen
   * @return the options
   * @throws IllegalArgumentException if it is out of range
   */
  public TrainingOptions withEpochs(int newEpochs) {
    return with(changes -> changes.epochs = newEpochs);
  }

  /**
   * The same with another batch size.
   *
   * @param newBatchSize images a step
   * @return the options
   * @throws IllegalArgumentException if it is out of range
   */
  public TrainingOptions withBatchSize(int newBatchSize) {
    return with(changes -> changes.batchSize = newBatchSize);
  }

  /**
   * The same with another learning rate.
   *
   * @param newLearningRate the peak learning rate
   * @return the options
   * @throws IllegalArgumentException if it is out of range
   */
  public TrainingOptions withLearningRate(float newLearningRate) {
    return with(changes -> changes.learningRate = newLearningRate);
  }

  /**
   * The same with another warm-up.
   *
   * @param newWarmupEpochs epochs in which the learning rate rises to its peak
   * @return the options
   * @throws IllegalArgumentException if it is out of range
   */
  public TrainingOptions withWarmup(float newWarmupEpochs) {
    return with(changes -> changes.warmupEpochs = newWarmupEpochs);
  }

  /**
   * The same with another augmentation.
   *
   * @param newAugmentation how training images are changed at random
   * @return the options
   */
  public TrainingOptions withAugmentation(Augmentation newAugmentation) {
    return with(changes -> changes.augmentation = newAugmentation);
  }

  /**
   * The same with another optimizer.
   *
   * @param newOptimizer what turns gradients into steps
   * @return the options
   */
  public TrainingOptions withOptimizer(OptimizerKind newOptimizer) {
    return with(changes -> changes.optimizer = newOptimizer);
  }

  /**
   * The same with another seed.
   *
   * @param newSeed of the order, the augmentation and the initial weights
   * @return the options
   */
  public TrainingOptions withSeed(long newSeed) {
    return with(changes -> changes.seed = newSeed);
  }

  /**
   * The learning rate of a step: a linear rise, then half a cosine down to a hundredth of the peak.
   *
   * @param step 0 for the first
   * @param stepsPerEpoch how many steps an epoch has
   * @return the rate
   */
  float learningRateAt(long step, int stepsPerEpoch) {
    double warmup = (double) warmupEpochs * stepsPerEpoch;
    if (step < warmup) {
      return (float) (learningRate * (step + 1) / warmup);
    }
    double total = (double) epochs * stepsPerEpoch;
    double progress = Math.min(1, (step - warmup) / (total - warmup));
    double least = 0.01;
    return (float)
        (learningRate * (least + (1 - least) * 0.5 * (1 + Math.cos(Math.PI * progress))));
  }

  private TrainingOptions with(Consumer<Changes> change) {
    Changes changes = new Changes(this);
    change.accept(changes);
    return changes.options();
  }

  /** A copy whose values may be set. */
  private static final class Changes {
    private int epochs;
    private int batchSize;
    private float learningRate;
    private float weightDecay;
    private float warmupEpochs;
    private float labelSmoothing;
    private Augmentation augmentation;
    private final Mixing mixing;
    private OptimizerKind optimizer;
    private float emaDecay;
    private FineTuning tuning;
    private final int patience;
    private long seed;

    Changes(TrainingOptions options) {
      epochs = options.epochs;
      batchSize = options.batchSize;
      learningRate = options.learningRate;
      weightDecay = options.weightDecay;
      warmupEpochs = options.warmupEpochs;
      labelSmoothing = options.labelSmoothing;
      augmentation = options.augmentation;
      mixing = options.mixing;
      optimizer = options.optimizer;
      emaDecay = options.emaDecay;
      tuning = options.tuning;
      patience = options.patience;
      seed = options.seed;
    }

    TrainingOptions options() {
      return new TrainingOptions(
          epochs,
          batchSize,
          learningRate,
          weightDecay,
          warmupEpochs,
          labelSmoothing,
          augmentation,
          mixing,
          optimizer,
          emaDecay,
          tuning,
          patience,
          seed);
    }
  }
}
