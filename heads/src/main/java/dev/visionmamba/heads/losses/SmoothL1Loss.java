package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;

/**
 * The sum over a row's numbers of a loss that is quadratic near 0 and linear beyond (Girshick 2015,
 * "Fast R-CNN", arXiv:1504.08083, equation 3, where beta is 1). With d = |x - y|:
 *
 * <pre>
 *   d^2 / (2 beta)   where d &lt; beta
 *   d - beta / 2     elsewhere
 * </pre>
 *
 * @param beta where the two meet, greater than 0
 */
public record SmoothL1Loss(float beta) implements BoxLoss {
  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if beta is not finite and greater than 0
   */
  public SmoothL1Loss {
    Operands.requireOption(
        beta > 0 && beta < Float.POSITIVE_INFINITY, "beta", "finite and greater than 0", beta);
  }

  @Override
  public NDArray rows(NDArray predicted, NDArray target) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray distance = Operands.distance(predicted, target);
      // With m = min(d, beta) both cases are m^2 / (2 beta) + d - m, and no branch is thrown away.
      NDArray near = distance.clip(0, beta);
      NDArray square = near.square().div(Operands.factor(distance, 2 * (double) beta));
      NDArray rows = square.add(distance.sub(near)).sum(new int[] {1});
      NDScope.unregister(rows);
      return rows;
    }
  }
}
