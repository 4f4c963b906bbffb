package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine on a real GPU, where libtorch has one: then DJL makes its arrays there. */
class CudaDeviceTest {
  private static ScanEngine cuda;

  @BeforeAll
  static void findDevice() {
    assumeTrue(
        ScanEngines.available().stream().anyMatch(engine -> engine.name().equals("cuda")),
        "this machine has no NVIDIA GPU");
    try (NDManager manager = NDManager.newBaseManager()) {
      assumeTrue(manager.getDevice().isGpu(), "libtorch sees no GPU; is this a CUDA build?");
      cuda = ScanEngines.named("cuda");
      assertThat(cuda.supports(manager.getDevice(), DataType.FLOAT32))
          .as("the log says why not")
          .isTrue();
      assertThat(cuda.supports(manager.getDevice(), DataType.FLOAT16)).isTrue();
    }
  }

  static Stream<GoldenFile> files() {
    return GoldenOperatorTest.files();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void publishedOperatorsAgree(GoldenFile file) {
    GoldenOperatorTest.check(file, cuda);
  }

  @Test
  void resultsAreThoseOfTheReference() {
    for (int seed = 0; seed < 120; seed++) {
      EngineAgreementTest.checkScan(cuda, seed);
      EngineAgreementTest.checkLastStates(cuda, seed);
      EngineAgreementTest.checkConvolution(cuda, seed);
    }
  }

  /** In one pass: more sequences and channels than the largest device has threads. */
  @Test
  void largeBatchesAreThoseOfTheReferenceAndTheSameEveryTime() {
    try (NDManager manager = NDManager.newBaseManager()) {
      int batch = 1024;
      int channels = 192;
      int steps = 40;
      ScanPath path = ScanPath.raster(steps).reversed();
      ScanDirection direction =
          new ScanDirection(
              path,
              path,
              Columns.all(uniform(manager, -1, batch, steps, channels)),
              Columns.all(uniform(manager, -1, batch, steps, 6)),
              Columns.all(uniform(manager, -1, batch, steps, 2)),
              Columns.all(uniform(manager, -1, batch, steps, 2)),
              uniform(manager, -1, channels, 2).sub(1),
              uniform(manager, -1, channels),
              uniform(manager, -1, channels),
              1,
              uniform(manager, -1, channels, 6));
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
      NDArray gradient = uniform(manager, -1, batch, steps, channels);
      NDList expected = EngineAgreementTest.reference(arguments, gradient);
      NDList actual = new NDList(cuda.selectiveScan(arguments, false).output());
      actual.addAll(cuda.selectiveScanBackward(arguments, gradient));
      NDList again = cuda.selectiveScanBackward(arguments, gradient);
      for (int i = 0; i < actual.size(); i++) {
        double scale = expected.get(i).abs().max().getFloat();
        NDArray difference = actual.get(i).sub(expected.get(i)).abs();
        assertThat(difference.max().getFloat())
            .as("array %d", i)
            .isLessThan((float) (1e-4 * scale));
        if (i > 0) {
          assertThat(again.get(i - 1)).as("array %d", i).isEqualTo(actual.get(i));
        }
      }
    }
  }

  private static NDArray uniform(NDManager manager, float low, long... shape) {
    return manager.randomUniform(low, 1, new Shape(shape));
  }
}
