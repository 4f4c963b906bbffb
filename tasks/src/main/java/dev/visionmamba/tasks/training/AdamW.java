package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.Optimizer;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.Predicate;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2),
 * with decay for some parameters only and a state that can be saved, which DJL's own lacks.
 */
final class AdamW extends Optimizer {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  private final IntToDoubleFunction learningRate;
  private final float weightDecay;
  private final Predicate<String> decays;
  private final Map<String, Moments> moments = new HashMap<>();

  /** The running means of a parameter's gradient and of its square. */
  record Moments(NDArray first, NDArray second) {}

  /**
   * An optimizer.
   *
   * @param learningRate by step, the first being 0
   * @param weightDecay times the learning rate, taken off a weight each step
   * @param decays which parameters decay, by their id
   */
  AdamW(IntToDoubleFunction learningRate, float weightDecay, Predicate<String> decays) {
    super(new Builder());
    this.learningRate = learningRate;
    this.weightDecay = weightDecay;
    this.decays = decays;
  }

  private static final class Builder extends OptimizerBuilder<Builder> {
    @Override
    protected Builder self() {
      return this;
    }
  }

  /** The state of a parameter, by its id; zero before its first step. */
  Moments moments(String id, NDArray weight) {
    return moments.computeIfAbsent(
        id, key -> keep(new Moments(weight.zerosLike(), weight.zerosLike())));
  }

  private static Moments keep(Moments state) {
    NDScope.unregister(state.first(), state.second());
    return state;
  }

  /** Goes on from a saved state. */
  void restore(String id, Moments state, int steps) {
    moments.put(id, state);
    for (int i = 0; i < steps; i++) {
      updateCount(id);
    }
  }

  @Override
  public void update(String id, NDArray weight, NDArray gradient) {
    int step = updateCount(id);
    float rate = (float) learningRate.applyAsDouble(step - 1);
    try (NDScope scope = new NDScope();
        GradientMode off = GradientMode.off()) {
      scope.suppressNotUsedWarning();
      Moments state = moments(id, weight);
      NDArray first = state.first().muli(BETA1).addi(gradient.mul(1 - BETA1));
      NDArray second = state.second().muli(BETA2).addi(gradient.square().mul(1 - BETA2));
      float correction1 = (float) (1 - Math.pow(BETA1, step));
      float correction2 = (float) (1 - Math.pow(BETA2, step));
      NDArray deviation = second.div(correction2).sqrt().addi(EPSILON);
      if (decays.test(id)) {
        weight.muli(1 - rate * weightDecay);
      }
      weight.subi(first.div(deviation).muli(rate / correction1));
    }
    // libtorch adds to gradients, and DJL leaves it to its optimizers to clear them.
    JniUtils.zeroGrad((PtNDArray) weight);
  }
}
