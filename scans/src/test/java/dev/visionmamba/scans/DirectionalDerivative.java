package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.function.Function;

/** Whether autograd's gradients are what a small step changes, in float64. */
public final class DirectionalDerivative {
  private static final double STEP = 1e-5;

  private DirectionalDerivative() {}

  /** Moves each array alone, in a random direction; the outputs are summed with random weights. */
  public static void check(NDList arrays, Function<NDList, NDList> function, Doubles random) {
    NDList weights = new NDList();
    NDList gradients = new NDList();
    try (GradientCollector collector =
        arrays.head().getManager().getEngine().newGradientCollector()) {
      arrays.forEach(array -> array.setRequiresGradient(true));
      NDList outputs = function.apply(arrays);
      outputs.forEach(output -> weights.add(random.array(-1, 1, output.getShape().getShape())));
      collector.backward(weighted(outputs, weights));
      arrays.forEach(array -> gradients.add(array.getGradient()));
      arrays.forEach(array -> array.setRequiresGradient(false));
    }
    try (GradientMode off = GradientMode.off()) {
      for (int i = 0; i < arrays.size(); i++) {
        NDArray direction = random.array(-1, 1, arrays.get(i).getShape().getShape());
        double expected = 0;
        for (int side : new int[] {1, -1}) {
          NDList moved = new NDList(arrays);
          moved.set(i, arrays.get(i).add(direction.mul(side * STEP)));
          expected += side * weighted(function.apply(moved), weights).getDouble() / (2 * STEP);
        }
        double actual = gradients.get(i).mul(direction).sum().getDouble();
        assertThat(actual)
            .as("array %d", i)
            .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
        assertThat(actual).as("array %d", i).isNotZero();
      }
    }
  }

  private static NDArray weighted(NDList outputs, NDList weights) {
    NDArray sum = null;
    for (int i = 0; i < outputs.size(); i++) {
      NDArray term = outputs.get(i).mul(weights.get(i)).sum();
      sum = sum == null ? term : sum.add(term);
    }
    return sum;
  }
}
