package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/**
 * Momentum with orthogonal steps for some matrices (Muon, Jordan et al. 2024,
 * https://kellerjordan.github.io/posts/muon/), {@link AdamW} for everything else. The steps of
 * matrices are scaled to the size of AdamW's (Liu et al. 2025, arXiv:2502.16982, equation 4), so
 * that both share one learning rate and one decay.
 */
final class Muon extends ResumableOptimizer {
  private static final List<String> STATE = List.of("momentum");
  private static final float MOMENTUM = 0.95f;
  private static final int ITERATIONS = 5;
  private static final float LEAST_NORM = 1e-7f;

  /** The root mean square of AdamW's steps. */
  private static final float ADAMW_STEP = 0.2f;

  Muon(IntToDoubleFunction learningRate, float weightDecay, Function<String, ParameterRule> rules) {
    super(learningRate, weightDecay, rules);
  }

  @Override
  List<String> stateNames(String id) {
    return rule(id).orthogonal() ? STATE : AdamW.STATE;
  }

  @Override
  NDArray direction(String id, NDArray gradient, NDList state, int step) {
    if (!rule(id).orthogonal()) {
      return AdamW.direction(gradient, state, step);
    }
    NDArray momentum = state.get(0).muli(MOMENTUM).addi(gradient);
    NDArray ahead = momentum.mul(MOMENTUM).addi(gradient); // Nesterov's
    long longer = Math.max(gradient.getShape().get(0), gradient.getShape().get(1));
    return orthogonal(ahead).muli(ADAMW_STEP * (float) Math.sqrt(longer));
  }

  /**
   * About the nearest matrix whose singular values are all alike, between 0.7 and 1.2: five steps
   * of a Newton-Schulz iteration whose coefficients raise small singular values fast.
   */
  static NDArray orthogonal(NDArray matrix) {
    boolean tall = matrix.getShape().get(0) > matrix.getShape().get(1);
    NDArray x = tall ? matrix.transpose() : matrix;
    x = x.div(x.square().sum().sqrt().addi(LEAST_NORM));
    for (int i = 0; i < ITERATIONS; i++) {
      NDArray a = x.matMul(x.transpose());
      NDArray b = a.matMul(a).muli(2.0315f).addi(a.mul(-4.7750f));
      x = b.matMul(x).addi(x.mul(3.4445f));
    }
    return tall ? x.transpose() : x;
  }
}
