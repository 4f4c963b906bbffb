package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transposed views are read as their values lie to the eye, not in memory. */
class NonContiguousTest {

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void scanReadsTransposedViews(String name) {
    ScanEngine engine = ScanEngines.named(name);
    try (NDManager manager = NDManager.newBaseManager()) {
      SelectiveScanArguments views = scan(manager, array -> array);
      SelectiveScanArguments copies = scan(manager, NonContiguousTest::contiguous);
      NDArray gradient = new RandomOperands(manager, 1).array(-1, 1, 3, 20, 11).transpose(0, 2, 1);
      Agreement.check(
          engine.selectiveScan(views, false).output(),
          engine.selectiveScan(copies, false).output(),
          "output");
      compare(
          engine.selectiveScanBackward(views, gradient),
          engine.selectiveScanBackward(copies, contiguous(gradient)));
    }
  }

  private static SelectiveScanArguments scan(NDManager manager, UnaryOperator<NDArray> form) {
    RandomOperands operands = new RandomOperands(manager, 0);
    Columns u = channelsLast(form, operands.array(-1, 1, 3, 20, 11));
    Columns delta = channelsLast(form, operands.array(-1, 1, 3, 20, 11));
    Columns b = channelsLast(form, operands.array(-1, 1, 3, 4, 11));
    Columns c = channelsLast(form, operands.array(-1, 1, 3, 4, 11));
    Columns gate = channelsLast(form, operands.array(-1, 1, 3, 20, 11));
    NDArray a = form.apply(operands.array(-2, 0, 4, 20).transpose());
    NDArray d = form.apply(operands.array(-2, 0, 20, 2).get(":, 1"));
    ScanDirection direction =
        new ScanDirection(ScanPath.raster(11).reversed(), u, delta, b, c, a, d, d);
    return new SelectiveScanArguments(List.of(direction), gate, Merge.SUM, true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void convolutionReadsTransposedViews(String name) {
    ScanEngine engine = ScanEngines.named(name);
    try (NDManager manager = NDManager.newBaseManager()) {
      CausalConv1dArguments views = convolution(manager, array -> array);
      CausalConv1dArguments copies = convolution(manager, NonContiguousTest::contiguous);
      NDArray gradient = new RandomOperands(manager, 1).array(-1, 1, 3, 20, 11).transpose(0, 2, 1);
      Agreement.check(engine.causalConv1d(views), engine.causalConv1d(copies), "output");
      compare(
          engine.causalConv1dBackward(views, gradient),
          engine.causalConv1dBackward(copies, contiguous(gradient)));
    }
  }

  private static CausalConv1dArguments convolution(NDManager manager, UnaryOperator<NDArray> form) {
    RandomOperands operands = new RandomOperands(manager, 0);
    return new CausalConv1dArguments(
        ScanPath.raster(11),
        channelsLast(form, operands.array(-1, 1, 3, 20, 11)),
        form.apply(operands.array(-1, 1, 4, 20).transpose()),
        form.apply(operands.array(-1, 1, 20, 2).get(":, 1")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void normReadsTransposedViews(String name) {
    ScanEngine engine = ScanEngines.named(name);
    try (NDManager manager = NDManager.newBaseManager()) {
      for (boolean centred : new boolean[] {true, false}) {
        Agreement.check(
            engine.normalize(norm(manager, array -> array, centred)),
            engine.normalize(norm(manager, NonContiguousTest::contiguous, centred)),
            "output");
      }
    }
  }

  private static NormalizationArguments norm(
      NDManager manager, UnaryOperator<NDArray> form, boolean centred) {
    RandomOperands operands = new RandomOperands(manager, 0);
    NDArray parameters = operands.array(-1, 1, 20, 2);
    NDArray wide = form.apply(operands.array(-1, 1, 3, 25, 11).transpose(0, 2, 1));
    return new NormalizationArguments(
        form.apply(operands.array(-1, 1, 3, 20, 11).transpose(0, 2, 1)),
        form.apply(parameters.get(":, 0")),
        centred ? form.apply(parameters.get(":, 1")) : null,
        1e-5f,
        new Columns(wide, 3, 23));
  }

  @ParameterizedTest
  @CsvSource({"vector, 3", "plain, 3", "ndarray, 3", "vector, 5"})
  void convolutionOfMapsReadsTransposedViews(String name, int kernel) {
    ScanEngine engine = ScanEngines.named(name);
    try (NDManager manager = NDManager.newBaseManager()) {
      Agreement.check(
          engine.depthwiseConv2d(maps(manager, array -> array, kernel)),
          engine.depthwiseConv2d(maps(manager, NonContiguousTest::contiguous, kernel)),
          "output");
    }
  }

  private static DepthwiseConv2dArguments maps(
      NDManager manager, UnaryOperator<NDArray> form, int kernel) {
    RandomOperands operands = new RandomOperands(manager, 0);
    return new DepthwiseConv2dArguments(
        channelsLast(form, operands.array(-1, 1, 3, 20, 12)),
        4,
        3,
        form.apply(operands.array(-1, 1, kernel, kernel, 1, 20).transpose(3, 2, 1, 0)),
        form.apply(operands.array(-1, 1, 20, 2).get(":, 1")));
  }

  private static Columns channelsLast(UnaryOperator<NDArray> form, NDArray channelsFirst) {
    return Columns.all(form.apply(channelsFirst.transpose(0, 2, 1)));
  }

  private static NDArray contiguous(NDArray view) {
    return view.getManager().create(view.toFloatArray(), view.getShape());
  }

  private static void compare(NDList actual, NDList expected) {
    for (int i = 0; i < expected.size(); i++) {
      Agreement.check(actual.get(i), expected.get(i), "gradient %d", i);
    }
  }
}
