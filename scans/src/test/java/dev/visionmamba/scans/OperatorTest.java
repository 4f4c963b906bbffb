package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The operators as callers see them: the engine is chosen for them. */
class OperatorTest {
  private static final ScanEngine REFERENCE = ScanEngines.named("ndarray");

  @Test
  void operandsMayBeOfDoublePrecision() {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray y = SelectiveScan.forward(scan(manager, DataType.FLOAT64));
      assertThat(y.getDataType()).isEqualTo(DataType.FLOAT64);
      Agreement.check(
          y.toType(DataType.FLOAT32, true),
          SelectiveScan.forward(scan(manager, DataType.FLOAT32)),
          "double precision");
    }
  }

  /** A scan of some type. */
  private static SelectiveScanArguments scan(NDManager manager, DataType type) {
    RandomOperands operands = new RandomOperands(manager, 5);
    Columns u = Columns.all(operands.array(-1, 1, 2, 9, 20).toType(type, false));
    Columns delta = Columns.all(operands.array(-1, 1, 2, 9, 20).toType(type, false));
    Columns b = Columns.all(operands.array(-1, 1, 2, 9, 4).toType(type, false));
    NDArray a = operands.array(-1, 0, 20, 4).toType(type, false);
    ScanDirection direction = new ScanDirection(ScanPath.raster(9), u, delta, b, b, a, null, null);
    return new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
  }

  @Test
  void lastStatesAndGradientsComeWithoutATape() {
    try (NDManager manager = NDManager.newBaseManager()) {
      RandomOperands operands = new RandomOperands(manager, 8);
      SelectiveScanArguments arguments = operands.scan();
      ScanResult result = SelectiveScan.forwardWithLastState(arguments);
      ScanResult expected = REFERENCE.selectiveScan(arguments, true);
      Agreement.check(result.output(), expected.output(), "output");
      assertThat(result.lastStates()).hasSameSizeAs(arguments.directions());
      for (int i = 0; i < result.lastStates().size(); i++) {
        Agreement.check(
            result.lastStates().get(i), expected.lastStates().get(i), "last state %d", i);
      }
      NDArray gradient = expected.output().onesLike();
      NDList gradients = SelectiveScan.backward(arguments, gradient);
      NDList direct = ScanEngines.named("plain").selectiveScanBackward(arguments, gradient);
      assertThat(gradients).hasSameSizeAs(arguments.arrays());
      for (int i = 0; i < gradients.size(); i++) {
        Agreement.check(gradients.get(i), direct.get(i), "gradient %d", i);
      }
    }
  }

  @Test
  void autogradWithoutATapeSeesThroughTheOperators() {
    try (NDManager manager = NDManager.newBaseManager()) {
      CausalConv1dArguments arguments = new RandomOperands(manager, 9).convolution();
      NDArray weight = arguments.weight();
      try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
        weight.setRequiresGradient(true);
        collector.backward(CausalConv1d.forward(arguments).sum());
      }
      NDArray ones = CausalConv1d.forward(arguments).onesLike();
      NDList expected = ScanEngines.named("plain").causalConv1dBackward(arguments, ones);
      Agreement.check(weight.getGradient(), expected.get(1), "weight");
    }
  }
}
