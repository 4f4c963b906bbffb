package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Directions whose A, D, delta bias and delta weight are rows of shared arrays are those whose
 * parameters are arrays of their own, to the last bit.
 */
class SharedParametersTest {
  private static final int DIRECTIONS = 3;

  /**
   * What is scanned.
   *
   * @param rank of the delta weight; 0 for none
   */
  record Sizes(int batch, int length, int channels, int states, int rank) {}

  /** The last is long enough to be shared among threads. */
  static final List<Sizes> SIZES =
      List.of(
          new Sizes(2, 7, 1, 1, 0),
          new Sizes(2, 21, 20, 10, 2),
          new Sizes(1, 33, 35, 5, 0),
          new Sizes(1, 200, 96, 10, 3));

  /** All numbers of a scan, whose directions can be made in either way. */
  private record Drawn(
      List<NDArray> tokens, NDArray a, NDArray d, NDArray bias, NDArray weight, NDArray gate) {

    static Drawn in(NDManager manager, Sizes of) {
      RandomOperands operands = new RandomOperands(manager, 6);
      List<NDArray> tokens = new ArrayList<>();
      int deltas = of.rank == 0 ? of.channels : of.rank;
      int rows = DIRECTIONS * of.channels;
      for (int k = 0; k < DIRECTIONS; k++) {
        int columns = of.channels + deltas + 2 * of.states;
        tokens.add(operands.array(-1, 1, of.batch, of.length, columns));
      }
      return new Drawn(
          tokens,
          operands.array(-2, 0, rows, of.states),
          operands.array(-1, 1, rows),
          operands.array(-1, 1, rows),
          of.rank == 0 ? null : operands.array(-1, 1, rows, of.rank),
          operands.array(-1, 1, of.batch, of.length, of.channels));
    }

    /** The directions' parameters in arrays of their own if split, else rows of these. */
    SelectiveScanArguments scan(Sizes of, boolean split) {
      List<ScanDirection> directions = new ArrayList<>();
      for (int k = 0; k < DIRECTIONS; k++) {
        ScanPath forth = ScanPath.raster(of.length);
        ScanPath path = k == 1 ? forth.reversed() : forth;
        NDArray array = tokens.get(k);
        int deltas = of.channels + (of.rank == 0 ? of.channels : of.rank);
        directions.add(
            new ScanDirection(
                path,
                path,
                new Columns(array, 0, of.channels),
                new Columns(array, of.channels, deltas),
                new Columns(array, deltas, deltas + of.states),
                new Columns(array, deltas + of.states, deltas + 2 * of.states),
                split ? part(a, k) : a,
                split ? part(d, k) : d,
                split ? part(bias, k) : bias,
                1,
                split ? part(weight, k) : weight,
                split ? 0 : k));
      }
      return new SelectiveScanArguments(directions, Columns.all(gate), Merge.MEAN, true);
    }

    /** The k-th rows, copied. */
    private static NDArray part(NDArray array, int k) {
      return array == null ? null : array.split(DIRECTIONS).get(k).duplicate();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void sharedArraysGiveWhatSplitCopiesGive(String name) {
    for (Sizes sizes : SIZES) {
      check(
          ScanEngines.named(name),
          (arguments, gradient) -> Passes.gradients(name, arguments, gradient),
          sizes);
    }
  }

  static void check(
      ScanEngine engine, BiFunction<SelectiveScanArguments, NDArray, NDList> backward, Sizes of) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Drawn drawn = Drawn.in(manager, of);
      SelectiveScanArguments shared = drawn.scan(of, false);
      SelectiveScanArguments split = drawn.scan(of, true);
      ScanResult actual = engine.selectiveScan(shared, true);
      ScanResult expected = engine.selectiveScan(split, true);
      same(actual.output(), expected.output(), "output");
      for (int k = 0; k < DIRECTIONS; k++) {
        same(actual.lastStates().get(k), expected.lastStates().get(k), "last state " + k);
      }
      NDArray gradient =
          new RandomOperands(manager, 7).array(-1, 1, of.batch, of.length, of.channels);
      Map<NDArray, NDArray> actuals = byArray(shared, backward.apply(shared, gradient));
      Map<NDArray, NDArray> parts = byArray(split, backward.apply(split, gradient));
      for (int k = 0; k < DIRECTIONS; k++) {
        NDArray tokens = drawn.tokens.get(k);
        same(actuals.get(tokens), parts.get(tokens), "gradient of direction " + k);
      }
      same(actuals.get(drawn.gate), parts.get(drawn.gate), "gradient of the gate");
      List<ScanDirection> each = split.directions();
      joined(actuals.get(drawn.a), parts, each.stream().map(ScanDirection::a).toList(), "A");
      joined(actuals.get(drawn.d), parts, each.stream().map(ScanDirection::d).toList(), "D");
      joined(
          actuals.get(drawn.bias),
          parts,
          each.stream().map(ScanDirection::deltaBias).toList(),
          "delta bias");
      if (drawn.weight != null) {
        joined(
            actuals.get(drawn.weight),
            parts,
            each.stream().map(ScanDirection::deltaWeight).toList(),
            "delta weight");
      }
    }
  }

  private static Map<NDArray, NDArray> byArray(SelectiveScanArguments arguments, NDList gradients) {
    NDList arrays = arguments.arrays();
    assertThat(gradients).hasSameSizeAs(arrays);
    Map<NDArray, NDArray> map = new IdentityHashMap<>();
    for (int i = 0; i < arrays.size(); i++) {
      map.put(arrays.get(i), gradients.get(i));
    }
    return map;
  }

  private static void joined(
      NDArray actual, Map<NDArray, NDArray> parts, List<NDArray> arrays, String what) {
    NDList gradients = new NDList();
    arrays.forEach(array -> gradients.add(parts.get(array)));
    same(actual, NDArrays.concat(gradients), "gradient of " + what);
  }

  private static void same(NDArray actual, NDArray expected, String what) {
    assertThat(actual.getShape()).as(what).isEqualTo(expected.getShape());
    float[] values = actual.toFloatArray();
    float[] wanted = expected.toFloatArray();
    float greatest = 0;
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).as("%s at %d", what, i).isFinite();
      if (values[i] != wanted[i]) { // zeros of either sign are the same
        throw new AssertionError(
            "%s at %d is %s instead of %s".formatted(what, i, values[i], wanted[i]));
      }
      greatest = Math.max(greatest, Math.abs(values[i]));
    }
    assertThat(greatest).as(what).isPositive();
  }

  @Test
  void directionsReadTheirRows() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Sizes of = SIZES.get(1);
      Drawn drawn = Drawn.in(manager, of);
      ScanDirection last = drawn.scan(of, false).directions().get(2);
      assertThat(last.channels()).isEqualTo(20);
      assertThat(last.stateSize()).isEqualTo(10);
      same(last.rowsOf(drawn.a), Drawn.part(drawn.a, 2), "A");
      same(last.rowsOf(drawn.d), Drawn.part(drawn.d, 2), "D");
      assertThat(last.rowsOf(null)).isNull();
      ScanDirection alone = drawn.scan(of, true).directions().get(2);
      assertThat(alone.rowsOf(alone.a())).isSameAs(alone.a());
    }
  }

  @Test
  void rowsThatAreNotThereAreRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThat(direction(manager, 8, 8, 8, 1).index()).isEqualTo(1);
      for (int index : new int[] {-1, -7, Integer.MIN_VALUE}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> direction(manager, 8, 8, 8, index))
            .withMessage("the index of the direction must be at least 0, but is %d", index);
      }
      for (int index : new int[] {2, 5}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> direction(manager, 8, 8, 8, index))
            .withMessage(
                "A must be (K*4, states) with K at least %d, to hold direction %d,"
                    + " but is (8, 3)",
                index + 1, index);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> direction(manager, 8, 8, 4, 1))
          .withMessage(
              "the delta weight must be (K*4, rank) with K at least 2, to hold direction 1,"
                  + " but is (4, 2)");
      for (int rows : new int[] {0, 3, 5, 9}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> direction(manager, rows, rows, 8, 0))
            .withMessage("A must be (4, states), but is (%d, 3)", rows);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> direction(manager, 9, 9, 8, 1))
          .withMessage(
              "A must be (K*4, states) with K at least 2, to hold direction 1, but is (9, 3)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> direction(manager, 8, 8, 4, 0))
          .withMessage("the delta weight must be 8 rows as A has, but is 4 rows");
      for (int rows : new int[] {4, 7, 12}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> direction(manager, 8, rows, 8, 1))
            .withMessage("D must be (8), but is (%d)", rows);
      }
    }
  }

  private static ScanDirection direction(
      NDManager manager, int rowsOfA, int rowsOfD, int rowsOfWeight, int index) {
    Columns u = Columns.all(manager.ones(new Shape(1, 5, 4)));
    Columns delta = Columns.all(manager.ones(new Shape(1, 5, 2)));
    Columns b = Columns.all(manager.ones(new Shape(1, 5, 3)));
    ScanPath path = ScanPath.raster(5);
    NDArray a = manager.ones(new Shape(rowsOfA, 3)).neg();
    NDArray d = manager.ones(new Shape(rowsOfD));
    NDArray weight = manager.ones(new Shape(rowsOfWeight, 2));
    return new ScanDirection(path, path, u, delta, b, b, a, d, d, 1, weight, index);
  }
}
