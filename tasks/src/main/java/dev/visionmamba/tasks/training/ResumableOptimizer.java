package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.optimizer.Optimizer;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.Predicate;

/** An optimizer with a schedule, with decay for some parameters only, and a state to be saved. */
abstract class ResumableOptimizer extends Optimizer {
  private final IntToDoubleFunction learningRate;
  private final float weightDecay;
  private final Predicate<String> decays;
  private final Map<String, NDList> states = new HashMap<>();

  /**
   * An optimizer.
   *
   * @param learningRate by step, the first being 0
   * @param weightDecay times the learning rate, taken off a weight each step
   * @param decays which parameters decay, by their id
   */
  ResumableOptimizer(
      IntToDoubleFunction learningRate, float weightDecay, Predicate<String> decays) {
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

  /** What is kept of a parameter, each an array of the parameter's shape. */
  abstract List<String> stateNames(String id);

  /**
   * The way to go, to be taken times the learning rate.
   *
   * @param state by the order of the names, changed in place
   * @param step 1 for the first
   */
  abstract NDArray direction(String id, NDArray gradient, NDList state, int step);

  /** The state of a parameter, by its id; zero before its first step. */
  final NDList state(String id, NDArray weight) {
    return states.computeIfAbsent(
        id,
        key -> {
          NDList zeros = new NDList();
          stateNames(id).forEach(name -> zeros.add(weight.zerosLike()));
          zeros.forEach(NDScope::unregister);
          return zeros;
        });
  }

  /** Goes on from a saved state. */
  final void restore(String id, NDList state, int steps) {
    states.put(id, state);
    for (int i = 0; i < steps; i++) {
      updateCount(id);
    }
  }

  @Override
  public final void update(String id, NDArray weight, NDArray gradient) {
    int step = updateCount(id);
    float rate = (float) learningRate.applyAsDouble(step - 1);
    try (NDScope scope = new NDScope();
        GradientMode off = GradientMode.off()) {
      scope.suppressNotUsedWarning();
      NDArray direction = direction(id, gradient, state(id, weight), step);
      if (decays.test(id)) {
        weight.muli(1 - rate * weightDecay);
      }
      weight.subi(direction.muli(rate));
    }
    // libtorch adds to gradients, and DJL leaves it to its optimizers to clear them.
    JniUtils.zeroGrad((PtNDArray) weight);
  }
}
