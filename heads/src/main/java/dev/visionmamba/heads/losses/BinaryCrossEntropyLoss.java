package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Activation;

/**
 * Cross-entropy of independent yes-or-no questions, of logits. With p = sigmoid(x) and a target t:
 *
 * <pre>
 *   -t log(p) - (1 - t) log(1 - p) = t softplus(-x) + (1 - t) softplus(x)
 * </pre>
 *
 * What a region proposal network's objectness and a mask head's pixels are trained with.
 */
public record BinaryCrossEntropyLoss() {
  /**
   * The sum over all elements, divided.
   *
   * @param logits of any shape, finite; may be empty
   * @param targets of the same shape and type, within [0, 1]
   * @param weights of the same shape and type, or null: all 1
   * @param averageFactor what the sum is divided by, at least 0; less than 1 counts as 1
   * @return a scalar; 0 if there are no elements
   * @throws IllegalArgumentException if shapes, types or targets do not fit, or numbers are not
   *     finite
   */
  public NDArray evaluate(NDArray logits, NDArray targets, NDArray weights, double averageFactor) {
    Operands.requirePrediction("logits", logits);
    Operands.requireLike("targets", targets, "logits", logits);
    if (weights != null) {
      Operands.requireLike("weights", weights, "logits", logits);
    }
    Operands.requireBetween("targets", targets, 0, 1);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray yes = Activation.softPlus(logits.neg()).mul(targets);
      NDArray no = Activation.softPlus(logits).mul(targets.neg().add(1));
      NDArray elements = yes.add(no);
      NDArray sum = (weights == null ? elements : elements.mul(weights)).sum();
      NDArray loss = sum.div(Operands.divisor(sum, averageFactor));
      Operands.requireFinite(loss, "logits", logits);
      NDScope.unregister(loss);
      return loss;
    }
  }
}
