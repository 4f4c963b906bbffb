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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Directions that read the same arrays, which come to the heap once for all of them, give what
 * directions with copies of their own give: their states to the last bit, their sum within the
 * rounding of another order, as threads may share the work in another way.
 */
class SharedInputTest {

  /**
   * What is scanned.
   *
   * @param rank of the delta weight; 0 for none
   * @param strategy of the paths
   * @param otherLength tokens of the step parameters' array beyond those of u
   * @param gated whether there is a gate, and a mean in place of a sum
   */
  private record Sizes(
      int batch,
      int side,
      int channels,
      int states,
      int rank,
      int groups,
      String strategy,
      int otherLength,
      boolean gated) {}

  /** Some are long enough to be shared among threads: by directions, by channels, by sequences. */
  private static final List<Sizes> SIZES =
      List.of(
          new Sizes(1, 3, 5, 1, 0, 1, "cross", 0, false),
          new Sizes(2, 5, 20, 10, 2, 1, "cross", 0, true),
          new Sizes(1, 40, 20, 10, 2, 1, "cross", 0, false),
          new Sizes(1, 40, 16, 5, 3, 1, "atrous", 0, true),
          new Sizes(1, 40, 36, 6, 0, 3, "cross", 0, true),
          new Sizes(1, 24, 200, 1, 6, 1, "cross", 0, false),
          new Sizes(1, 40, 64, 3, 2, 1, "cross", 0, true),
          new Sizes(9, 16, 24, 4, 2, 1, "hilbert", 0, true),
          new Sizes(1, 12, 20, 3, 2, 1, "cross", 7, false));

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void sharedArraysGiveWhatCopiesGive(String name) {
    ScanEngine engine = ScanEngines.named(name);
    for (Sizes of : SIZES) {
      try (NDManager manager = NDManager.newBaseManager();
          GradientMode off = GradientMode.off()) {
        SelectiveScanArguments shared = scan(manager, of);
        SelectiveScanArguments copied = copied(shared);
        ScanResult actual = engine.selectiveScan(shared, true);
        ScanResult expected = engine.selectiveScan(copied, true);
        close(actual.output(), expected.output(), "output of " + of);
        assertThat(expected.output().abs().max().getFloat()).isPositive();
        for (int k = 0; k < shared.directions().size(); k++) {
          same(
              actual.lastStates().get(k), expected.lastStates().get(k), "state " + k + " of " + of);
        }
        NDList saved = engine.selectiveScanForBackward(shared).saved();
        NDList wanted = engine.selectiveScanForBackward(copied).saved();
        for (int i = 0; i < wanted.size(); i++) {
          if (i < shared.directions().size()) {
            same(saved.get(i), wanted.get(i), "states " + i + " of " + of);
          } else {
            close(saved.get(i), wanted.get(i), "sum of " + of);
          }
        }
        // Once more: what the first scans have left on the heap must not matter.
        same(engine.selectiveScan(shared, false).output(), actual.output(), "again " + of);
      }
    }
  }

  private static SelectiveScanArguments scan(NDManager manager, Sizes of) {
    RandomOperands operands = new RandomOperands(manager, 11);
    List<ScanPath> paths = ScanStrategies.named(of.strategy).paths(of.side, of.side);
    int length = of.side * of.side;
    int deltas = of.rank == 0 ? 0 : of.rank;
    int states = of.groups * of.states;
    int columns = deltas + 2 * states;
    NDArray wide = operands.array(-1, 1, of.batch, length, of.channels + 3);
    NDArray parameters =
        operands.array(-1, 1, of.batch, length + of.otherLength, paths.size() * columns);
    NDArray delta = operands.array(-1, 1, of.batch, length, of.channels);
    List<ScanDirection> directions = new ArrayList<>();
    for (int k = 0; k < paths.size(); k++) {
      int first = k * columns;
      ScanPath path = paths.get(k);
      directions.add(
          new ScanDirection(
              path,
              of.otherLength == 0 ? path : ScanPath.of(length + of.otherLength, path.order()),
              new Columns(wide, 2, 2 + of.channels),
              of.rank == 0 ? Columns.all(delta) : new Columns(parameters, first, first + deltas),
              new Columns(parameters, first + deltas, first + deltas + states),
              new Columns(parameters, first + deltas + states, first + columns),
              operands.array(-2, 0, of.channels, of.states),
              operands.array(-1, 1, of.channels),
              operands.array(-1, 1, of.channels),
              of.groups,
              of.rank == 0 ? null : operands.array(-1, 1, of.channels, of.rank)));
    }
    Columns gate =
        of.gated ? Columns.all(operands.array(-2, 2, of.batch, length, of.channels)) : null;
    return new SelectiveScanArguments(directions, gate, of.gated ? Merge.MEAN : Merge.SUM, true);
  }

  /** Each direction with arrays of its own. */
  private static SelectiveScanArguments copied(SelectiveScanArguments shared) {
    List<ScanDirection> directions = new ArrayList<>();
    for (ScanDirection direction : shared.directions()) {
      directions.add(
          new ScanDirection(
              direction.path(),
              direction.parameterPath(),
              Columns.all(direction.u().toArray().duplicate()),
              Columns.all(direction.delta().toArray().duplicate()),
              Columns.all(direction.b().toArray().duplicate()),
              Columns.all(direction.c().toArray().duplicate()),
              direction.a(),
              direction.d(),
              direction.deltaBias(),
              direction.groups(),
              direction.deltaWeight()));
    }
    return new SelectiveScanArguments(
        directions, shared.gate(), shared.merge(), shared.deltaSoftplus());
  }

  private static void close(NDArray actual, NDArray expected, String what) {
    assertThat(actual.getShape()).as(what).isEqualTo(expected.getShape());
    assertThat(actual.toFloatArray())
        .as(what)
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(expected.toFloatArray());
  }

  private static void same(NDArray actual, NDArray expected, String what) {
    Shape shape = expected.getShape();
    assertThat(actual.getShape()).as(what).isEqualTo(shape);
    assertThat(actual.toFloatArray()).as(what).containsExactly(expected.toFloatArray());
  }
}
