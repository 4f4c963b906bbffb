package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch of no sequences, as a filter may leave one: outputs are empty, gradients zero. */
class EmptyBatchTest {

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void scanOfNothingIsEmpty(String name) {
    ScanEngine engine = ScanEngines.named(name);
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      SelectiveScanArguments arguments = scan(manager);
      ScanResult result = engine.selectiveScan(arguments, true);
      assertThat(result.output().getShape()).isEqualTo(new Shape(0, 7, 4));
      assertThat(result.lastStates()).hasSize(2);
      for (NDArray state : result.lastStates()) {
        assertThat(state.getShape()).isEqualTo(new Shape(0, 4, 3));
      }
      if (!engine.isDifferentiable()) {
        assertZero(engine.selectiveScanBackward(arguments, result.output()), arguments.arrays());
      }
    }
  }

  private static SelectiveScanArguments scan(NDManager manager) {
    Columns u = Columns.all(manager.ones(new Shape(0, 7, 4)));
    Columns b = Columns.all(manager.ones(new Shape(0, 7, 3)));
    NDArray a = manager.ones(new Shape(4, 3)).neg();
    NDArray d = manager.ones(new Shape(4));
    ScanPath path = ScanPath.raster(7);
    return new SelectiveScanArguments(
        List.of(
            new ScanDirection(path, u, u, b, b, a, d, d),
            new ScanDirection(path.reversed(), u, u, b, b, a, d, d)),
        u,
        Merge.MEAN,
        true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void convolutionOfNothingIsEmpty(String name) {
    ScanEngine engine = ScanEngines.named(name);
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      CausalConv1dArguments arguments =
          new CausalConv1dArguments(
              ScanPath.raster(7),
              Columns.all(manager.ones(new Shape(0, 7, 4))),
              manager.ones(new Shape(4, 3)),
              manager.ones(new Shape(4)));
      NDArray output = engine.causalConv1d(arguments);
      assertThat(output.getShape()).isEqualTo(new Shape(0, 7, 4));
      if (!engine.isDifferentiable()) {
        assertZero(engine.causalConv1dBackward(arguments, output), arguments.arrays());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void convolutionOfNoMapsIsEmpty(String name) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      for (int kernel : new int[] {3, 5}) {
        DepthwiseConv2dArguments arguments =
            new DepthwiseConv2dArguments(
                Columns.all(manager.ones(new Shape(0, 6, 4))),
                2,
                3,
                manager.ones(new Shape(4, 1, kernel, kernel)),
                manager.ones(new Shape(4)));
        NDArray output = ScanEngines.named(name).depthwiseConv2d(arguments);
        assertThat(output.getShape()).isEqualTo(new Shape(0, 6, 4));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void normOfNothingIsEmpty(String name) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray x = manager.ones(new Shape(0, 7, 4));
      NDArray weight = manager.ones(new Shape(4));
      for (NDArray bias : new NDArray[] {weight, null}) {
        for (Columns gate : new Columns[] {Columns.all(x), null}) {
          NDArray output =
              ScanEngines.named(name)
                  .normalize(new NormalizationArguments(x, weight, bias, 1e-5f, gate));
          assertThat(output.getShape()).isEqualTo(new Shape(0, 7, 4));
        }
      }
    }
  }

  /** As a batch may be empty in training, too. */
  @Test
  void gradientsOfNothingAreZero() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.ones(new Shape(0, 6, 4));
      NDArray ones = manager.ones(new Shape(4));
      NormalizationArguments norm = new NormalizationArguments(x, ones, null, 1e-5f, null);
      assertZero(Passes.gradients(norm, manager.ones(x.getShape())), norm.arrays());
      DepthwiseConv2dArguments convolution =
          new DepthwiseConv2dArguments(
              Columns.all(x), 2, 3, manager.ones(new Shape(4, 1, 3, 3)), ones);
      assertZero(Passes.gradients(convolution, manager.ones(x.getShape())), convolution.arrays());
    }
  }

  private static void assertZero(NDList gradients, NDList arrays) {
    assertThat(gradients).hasSameSizeAs(arrays);
    for (int i = 0; i < arrays.size(); i++) {
      assertThat(gradients.get(i).getShape()).isEqualTo(arrays.get(i).getShape());
      float[] values = gradients.get(i).toFloatArray();
      assertThat(values).isEqualTo(new float[values.length]);
    }
  }
}
