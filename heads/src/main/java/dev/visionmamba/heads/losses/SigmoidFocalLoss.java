package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import dev.visionmamba.scans.autograd.GradientMode;

/**
 * The focal loss of independent classes (Lin et al. 2017, "Focal Loss for Dense Object Detection",
 * arXiv:1708.02002, equation 5). With p = sigmoid(x) of a logit x, one a place and class:
 *
 * <pre>
 *   FL = -alpha       (1 - p)^gamma log(p)       at the place's own class
 *   FL = -(1 - alpha)  p^gamma      log(1 - p)   at all others
 * </pre>
 *
 * summed over classes and over places that are not ignored, and divided by the number of positive
 * places. Powers and logarithms are taken of softplus, so that no logit overflows: log(p) =
 * -softplus(-x), log(1 - p) = -softplus(x).
 *
 * @param alpha the weight of positives, within [0, 1]
 * @param gamma how much easy examples count less, at least 0; 0 is cross-entropy
 */
public record SigmoidFocalLoss(float alpha, float gamma) {
  /** RetinaNet's: alpha 0.25, gamma 2. */
  public static final SigmoidFocalLoss RETINANET = new SigmoidFocalLoss(0.25f, 2);

  /** The label of a place that counts neither as an object nor as background. */
  public static final int IGNORED = -1;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is outside of its range
   */
  public SigmoidFocalLoss {
    Operands.requireOption(alpha >= 0 && alpha <= 1, "alpha", "within [0, 1]", alpha);
    Operands.requireOption(
        gamma >= 0 && gamma < Float.POSITIVE_INFINITY, "gamma", "finite and at least 0", gamma);
  }

  /**
   * The loss over the number of positives among the labels, or over 1 if there are none.
   *
   * @param logits (N, K), finite: N places, K classes
   * @param labels (N), integers: the class, 0 to K - 1; K for background; {@link #IGNORED}
   * @return a scalar, at least 0
   * @throws IllegalArgumentException if shapes, types or labels do not fit, or logits are not
   *     finite
   */
  public NDArray evaluate(NDArray logits, NDArray labels) {
    long classes = requireLogits(logits);
    Operands.labels("labels", labels, new Shape(logits.getShape().get(0)));
    double positives;
    try (GradientMode off = GradientMode.off();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray positive = labels.gte(0).logicalAnd(labels.lt(classes));
      positives = positive.toType(DataType.INT64, false).sum().toLongArray()[0];
    }
    return evaluate(logits, labels, positives);
  }

  /**
   * The loss over a given number, as where one step's positives are counted over several feature
   * levels and images.
   *
   * @param logits (N, K), finite: N places, K classes
   * @param labels (N), integers: the class, 0 to K - 1; K for background; {@link #IGNORED}
   * @param averageFactor what the sum is divided by, at least 0; less than 1 counts as 1
   * @return a scalar, at least 0; 0 if all places are ignored or there are none
   * @throws IllegalArgumentException if shapes, types or labels do not fit, or logits are not
   *     finite
   */
  public NDArray evaluate(NDArray logits, NDArray labels, double averageFactor) {
    long classes = requireLogits(logits);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray places =
          Operands.labels("labels", labels, new Shape(logits.getShape().get(0))).reshape(-1, 1);
      Operands.requireBetween("labels", places, IGNORED, classes);
      NDArray sum = negatives(logits, places).add(positives(logits, places));
      NDArray loss = sum.div(Operands.divisor(sum, averageFactor));
      Operands.requireFinite(loss, "logits", logits);
      NDScope.unregister(loss);
      return loss;
    }
  }

  private static long requireLogits(NDArray logits) {
    Shape shape = Operands.requirePrediction("logits", logits);
    if (shape.dimension() != 2 || shape.get(1) < 1) {
      throw Operands.misfit("logits", "of shape (places, classes)", shape);
    }
    return shape.get(1);
  }

  /** The sum over all classes but a place's own. */
  private NDArray negatives(NDArray logits, NDArray places) {
    NDArray classes =
        logits
            .getManager()
            .arange(0, (int) logits.getShape().get(1), 1, DataType.INT64)
            .toDevice(logits.getDevice(), false);
    NDArray counted = places.neq(classes).logicalAnd(places.gte(0)); // (N, K)
    NDArray terms = term(logits).mul(counted);
    return terms.sum().mul(Operands.factor(logits, 1 - (double) alpha));
  }

  /** The sum over positive places of the term of their own class. */
  private NDArray positives(NDArray logits, NDArray places) {
    long classes = logits.getShape().get(1);
    NDArray positive = places.gte(0).logicalAnd(places.lt(classes)); // (N, 1)
    NDArray index = places.mul(positive.toType(DataType.INT64, false)); // class 0 stands in
    NDArray own = logits.gather(index, 1); // (N, 1)
    NDArray terms = term(own.neg()).mul(positive);
    return terms.sum().mul(Operands.factor(logits, alpha));
  }

  /** -sigmoid(x)^gamma log(1 - sigmoid(x)). */
  private NDArray term(NDArray x) {
    NDArray crossEntropy = Activation.softPlus(x);
    if (gamma == 0) {
      return crossEntropy;
    }
    NDArray logOfPower = Activation.softPlus(x.neg()).mul(Operands.factor(x, -gamma));
    return logOfPower.exp().mul(crossEntropy);
  }
}
