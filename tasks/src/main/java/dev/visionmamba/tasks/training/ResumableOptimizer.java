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
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/** An optimizer with a schedule, with a rule for each parameter, and a state to be saved. */
abstract class ResumableOptimizer extends Optimizer {
  private final IntToDoubleFunction learningRate;
  private final float weightDecay;
  private final Function<String, ParameterRule> rules;
  private final Map<String, NDList> states = new HashMap<>();
  private final Map<String, Integer> steps = new HashMap<>();

  /**
   * An optimizer.
   *
   * @param learningRate by step, the first being 0
   * @param weightDecay times the learning rate, taken off a weight each step
   * @param rules how a parameter learns, by its id
   */
  ResumableOptimizer(
      IntToDoubleFunction learningRate, float weightDecay, Function<String, ParameterRule> rules) {
    super(new Builder());
    this.learningRate = learningRate;
    this.weightDecay = weightDecay;
    this.rules = rules;
  }

  private static final class Builder extends OptimizerBuilder<Builder> {
    @Override
    protected Builder self() {
      return this;
    }
  }

  /** How a parameter learns. */
  final ParameterRule rule(String id) {
    return rules.apply(id);
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
  final void restore(String id, NDList state, int stepsTaken) {
    states.put(id, state);
    steps.put(id, stepsTaken);
  }

  @Override
  public final void update(String id, NDArray weight, NDArray gradient) {
    int step = steps.merge(id, 1, Integer::sum);
    ParameterRule rule = rule(id);
    float rate = (float) learningRate.applyAsDouble(step - 1) * rule.rate();
    try (NDScope scope = new NDScope();
        GradientMode off = GradientMode.off()) {
      scope.suppressNotUsedWarning();
      NDArray direction = direction(id, gradient, state(id, weight), step);
      if (rule.decays()) {
        weight.muli(1 - rate * weightDecay);
      }
      weight.subi(direction.muli(rate));
    }
    // libtorch adds to gradients, and DJL leaves it to its optimizers to clear them.
    JniUtils.zeroGrad((PtNDArray) weight);
  }
}
