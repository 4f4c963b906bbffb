package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;

/**
 * The sum of absolute differences of a row's numbers, sum |x - y|, that mmdet's detectors train
 * their box offsets with. Its gradient where x = y is 0.
 */
public record L1Loss() implements BoxLoss {
  @Override
  public NDArray rows(NDArray predicted, NDArray target) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray rows = Operands.distance(predicted, target).sum(new int[] {1});
      NDScope.unregister(rows);
      return rows;
    }
  }
}
