package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One long sequence of few channels: where there are several threads, they share directions. */
class DirectionPartsTest {
  private static final int SIDE = 40;
  private static final int CHANNELS = 8;
  private static final int STATES = 16;

  @ParameterizedTest
  @CsvSource({"vector, cross", "vector, atrous", "plain, cross", "plain, atrous"})
  void directionsSummedApartGiveTheSame(String engine, String strategy) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      manager.getEngine().setRandomSeed(3);
      List<ScanPath> paths = ScanStrategies.named(strategy).paths(SIDE, SIDE);
      Columns u = Columns.all(random(manager, CHANNELS));
      List<ScanDirection> directions = new ArrayList<>();
      for (ScanPath path : paths) {
        directions.add(
            new ScanDirection(
                path,
                u,
                Columns.all(random(manager, CHANNELS)),
                Columns.all(random(manager, STATES)),
                Columns.all(random(manager, STATES)),
                manager.randomUniform(-4, -1, new Shape(CHANNELS, STATES)),
                manager.ones(new Shape(CHANNELS)),
                null));
      }
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(
              directions, Columns.all(random(manager, CHANNELS)), Merge.MEAN, true);
      ScanResult expected = ScanEngines.named("ndarray").selectiveScan(arguments, true);
      ScanResult actual = ScanEngines.named(engine).selectiveScan(arguments, true);
      assertSame(actual.output(), expected.output());
      for (int k = 0; k < paths.size(); k++) {
        assertSame(actual.lastStates().get(k), expected.lastStates().get(k));
      }
      ScanResult saved = ScanEngines.named(engine).selectiveScanForBackward(arguments);
      assertThat(saved.output().toFloatArray()).containsExactly(actual.output().toFloatArray());
    }
  }

  private static NDArray random(NDManager manager, int columns) {
    return manager.randomUniform(-1, 1, new Shape(1, SIDE * SIDE, columns));
  }

  private static void assertSame(NDArray actual, NDArray expected) {
    double scale = expected.abs().max().getFloat();
    assertThat((double) actual.sub(expected).abs().max().getFloat() / scale)
        .isCloseTo(0, within(1e-5));
  }
}
