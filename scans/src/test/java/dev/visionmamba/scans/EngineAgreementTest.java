package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The hand-written engines against DJL's operations and autograd, forward and backward, on operands
 * of random shapes.
 */
class EngineAgreementTest {
  private static final int CASES = 120;
  private static final ScanEngine REFERENCE = ScanEngines.named("ndarray");

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void scanIsThatOfTheReference(String name) {
    ScanEngine engine = ScanEngines.named(name);
    for (int seed = 0; seed < CASES; seed++) {
      checkScan(engine, seed);
    }
  }

  static void checkScan(ScanEngine engine, int seed) {
    try (NDManager manager = NDManager.newBaseManager()) {
      RandomOperands operands = new RandomOperands(manager, seed);
      SelectiveScanArguments arguments = operands.scan();
      NDArray gradient =
          operands.array(-1, 1, arguments.batch(), arguments.tokens(), arguments.channels());
      NDList expected = reference(arguments, gradient);
      NDList actual = new NDList(engine.selectiveScan(arguments, false).output());
      actual.addAll(engine.selectiveScanBackward(arguments, gradient));
      compare(actual, expected, "scan with seed " + seed);
    }
  }

  /** The output, then the gradient of each array. */
  static NDList reference(SelectiveScanArguments arguments, NDArray gradient) {
    return byAutograd(
        arguments.arrays(), gradient, () -> REFERENCE.selectiveScan(arguments, false).output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void lastStatesAreThoseOfTheReference(String name) {
    ScanEngine engine = ScanEngines.named(name);
    for (int seed = 0; seed < CASES; seed += 3) {
      checkLastStates(engine, seed);
    }
  }

  static void checkLastStates(ScanEngine engine, int seed) {
    try (NDManager manager = NDManager.newBaseManager()) {
      SelectiveScanArguments arguments = new RandomOperands(manager, seed).scan();
      compare(
          new NDList(engine.selectiveScan(arguments, true).lastStates()),
          new NDList(REFERENCE.selectiveScan(arguments, true).lastStates()),
          "last states with seed " + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void convolutionIsThatOfTheReference(String name) {
    ScanEngine engine = ScanEngines.named(name);
    for (int seed = 0; seed < CASES; seed++) {
      checkConvolution(engine, seed);
    }
  }

  static void checkConvolution(ScanEngine engine, int seed) {
    try (NDManager manager = NDManager.newBaseManager()) {
      RandomOperands operands = new RandomOperands(manager, seed);
      CausalConv1dArguments arguments = operands.convolution();
      long[] shape = arguments.x().array().getShape().getShape().clone();
      NDArray gradient = operands.array(-1, 1, shape[0], shape[1], arguments.channels());
      NDList expected = reference(arguments, gradient);
      NDList actual = new NDList(engine.causalConv1d(arguments));
      actual.addAll(engine.causalConv1dBackward(arguments, gradient));
      compare(actual, expected, "convolution with seed " + seed);
    }
  }

  /** The output, then the gradient of each array. */
  static NDList reference(CausalConv1dArguments arguments, NDArray gradient) {
    return byAutograd(arguments.arrays(), gradient, () -> REFERENCE.causalConv1d(arguments));
  }

  /** The output, then the gradient of each array. */
  private static NDList byAutograd(NDList arrays, NDArray gradient, Supplier<NDArray> forward) {
    try (GradientCollector collector = gradient.getManager().getEngine().newGradientCollector()) {
      arrays.forEach(array -> array.setRequiresGradient(true));
      NDArray output = forward.get();
      collector.backward(output.mul(gradient).sum());
      NDList results = new NDList(output);
      arrays.forEach(array -> results.add(array.getGradient()));
      arrays.forEach(array -> array.setRequiresGradient(false));
      return results;
    }
  }

  private static void compare(NDList actual, NDList expected, String what) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      Agreement.check(actual.get(i), expected.get(i), "%s, array %d", what, i);
    }
  }
}
