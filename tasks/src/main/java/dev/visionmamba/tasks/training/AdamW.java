package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2). It
 * keeps the running means of a parameter's gradient and of its square.
 */
final class AdamW extends ResumableOptimizer {
  static final List<String> STATE = List.of("first", "second");

  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  AdamW(
      IntToDoubleFunction learningRate, float weightDecay, Function<String, ParameterRule> rules) {
    super(learningRate, weightDecay, rules);
  }

  @Override
  List<String> stateNames(String id) {
    return STATE;
  }

  @Override
  NDArray direction(String id, NDArray gradient, NDList state, int step) {
    return direction(gradient, state, step);
  }

  static NDArray direction(NDArray gradient, NDList state, int step) {
    NDArray first = state.get(0).muli(BETA1).addi(gradient.mul(1 - BETA1));
    NDArray second = state.get(1).muli(BETA2).addi(gradient.square().mul(1 - BETA2));
    float correction1 = (float) (1 - Math.pow(BETA1, step));
    float correction2 = (float) (1 - Math.pow(BETA2, step));
    NDArray deviation = second.div(correction2).sqrt().addi(EPSILON);
    return first.div(deviation).divi(correction1);
  }
}
