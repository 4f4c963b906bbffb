package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;

/**
 * A loss of rows that describe boxes, whether coordinates or encoded offsets: the rows' losses,
 * each times its weight, summed and divided by a number.
 */
public sealed interface BoxLoss permits L1Loss, SmoothL1Loss, GIoULoss {
  /**
   * The loss of each row.
   *
   * @param predicted (N, D), finite
   * @param target (N, D), finite, of the same type
   * @return (N), each at least 0
   * @throws IllegalArgumentException if shapes or types do not fit
   */
  NDArray rows(NDArray predicted, NDArray target);

  /**
   * The sum over rows, divided.
   *
   * @param predicted (N, D), finite; N may be 0
   * @param target (N, D), finite, of the same type
   * @param weights (N), of the same type, or null: all 1
   * @param averageFactor what the sum is divided by, at least 0; less than 1 counts as 1
   * @return a scalar; 0 if there are no rows
   * @throws IllegalArgumentException if shapes or types do not fit, or numbers are not finite
   */
  default NDArray evaluate(
      NDArray predicted, NDArray target, NDArray weights, double averageFactor) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray rows = rows(predicted, target);
      NDScope.register(rows);
      if (weights != null) {
        Operands.requireLike("weights", weights, "the loss of rows", rows);
        rows = rows.mul(weights);
      }
      NDArray sum = rows.sum();
      NDArray loss = sum.div(Operands.divisor(sum, averageFactor));
      Operands.requireFinite(loss, "predicted", predicted);
      NDScope.unregister(loss);
      return loss;
    }
  }
}
