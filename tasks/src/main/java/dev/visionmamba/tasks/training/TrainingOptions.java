package dev.visionmamba.tasks.training;

import java.util.Locale;

/**
 * How a classifier is trained: a cosine schedule after a warm-up, label smoothing, random shifts
 * and flips.
 *
 * @param epochs how often every image is seen, at least 1
 * @param batchSize images a step, at least 1
 * @param learningRate the peak learning rate, above 0
 * @param weightDecay decoupled decay of matrices (not of biases, norms, tokens and state spaces)
 * @param warmupEpochs epochs in which the learning rate rises to its peak; may be a fraction
 * @param labelSmoothing share of the target that is spread over all classes, 0 up to but not 1
 * @param shift how many pixels training images are moved at random, each way, at least 0
 * @param flip whether training images are flipped at random, left to right
 * @param optimizer what turns gradients into steps
 * @param emaDecay if above 0, what is measured and kept is a running mean of the weights: the part
 *     of it that a step keeps, such as 0.999; below 1
 * @param seed of the order, the augmentation and the initial weights
 */
public record TrainingOptions(
    int epochs,
    int batchSize,
    float learningRate,
    float weightDecay,
    float warmupEpochs,
    float labelSmoothing,
    int shift,
    boolean flip,
    OptimizerKind optimizer,
    float emaDecay,
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

  /** What the train command starts from: every option of it changes one of these. */
  public static final TrainingOptions DEFAULT =
      new TrainingOptions(20, 128, 2e-3f, 0.05f, 1f, 0.1f, 2, true, OptimizerKind.ADAMW, 0f, 0);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming what is out of range
   */
  public TrainingOptions {
    require(epochs >= 1, "epochs", epochs);
    require(batchSize >= 1, "batch size", batchSize);
    require(learningRate > 0 && Float.isFinite(learningRate), "learning rate", learningRate);
    require(weightDecay >= 0 && Float.isFinite(weightDecay), "weight decay", weightDecay);
    require(warmupEpochs >= 0 && warmupEpochs < epochs, "number of warm-up epochs", warmupEpochs);
    require(shift >= 0, "shift", shift);
    require(emaDecay >= 0 && emaDecay < 1, "decay of the weights' mean", emaDecay);
    require(labelSmoothing >= 0 && labelSmoothing < 1, "label smoothing", labelSmoothing);
  }

  private static void require(boolean holds, String what, Object value) {
    if (!holds) {
      throw new IllegalArgumentException("the " + what + " cannot be " + value);
    }
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
}
