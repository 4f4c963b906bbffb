package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * One NaN or infinity in one operand: exactly those outputs that the equations make NaN or infinite
 * are so in every engine, and the others are what they are.
 */
class NonFiniteTest {
  private static final int BATCH = 2;
  private static final int LENGTH = 21; // more than one tile of the engines
  private static final int CHANNELS = 35; // full vectors and a rest, whatever their width
  private static final int STATES = 3;
  private static final int GROUPS = 5;
  private static final int RANK = 2;
  private static final Map<String, long[]> SHAPES = shapes();

  private static Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("u", new long[] {BATCH, LENGTH, CHANNELS});
    shapes.put("delta", new long[] {BATCH, LENGTH, CHANNELS});
    shapes.put("B", new long[] {BATCH, LENGTH, GROUPS * STATES});
    shapes.put("C", new long[] {BATCH, LENGTH, GROUPS * STATES});
    shapes.put("A", new long[] {CHANNELS, STATES});
    shapes.put("D", new long[] {CHANNELS});
    shapes.put("bias", new long[] {CHANNELS});
    shapes.put("gate", new long[] {BATCH, LENGTH, CHANNELS});
    shapes.put("projected delta", new long[] {BATCH, LENGTH, RANK});
    shapes.put("delta weight", new long[] {CHANNELS, RANK});
    return shapes;
  }

  @TestFactory
  List<DynamicTest> goesWhereTheEquationsTakeIt() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String operand : SHAPES.keySet()) {
      for (float value :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        for (boolean softplus : new boolean[] {true, false}) {
          if (value == Float.POSITIVE_INFINITY && operand.equals("A")
              || value == Float.NEGATIVE_INFINITY
                  && !softplus
                  && (operand.contains("delta") || operand.equals("bias"))) {
            continue; // A must be at most 0, a step size at least 0
          }
          for (String engine : Passes.ENGINES) {
            tests.add(
                DynamicTest.dynamicTest(
                    value + " in " + operand + (softplus ? ", softplus, " : ", ") + engine,
                    () -> {
                      for (int seed = 0; seed < 3; seed++) {
                        check(ScanEngines.named(engine), operand, value, softplus, seed);
                      }
                    }));
          }
        }
      }
    }
    return tests;
  }

  private static void check(
      ScanEngine engine, String operand, float value, boolean softplus, int seed) {
    try (NDManager manager = NDManager.newBaseManager()) {
      SelectiveScanArguments arguments = scan(manager, operand, value, softplus, seed);
      double[] expected = new DoubleScan(arguments).output();
      float[] actual = engine.selectiveScan(arguments, true).output().toFloatArray();
      int finite = 0;
      for (int i = 0; i < expected.length; i++) {
        boolean isFinite = Double.isFinite(expected[i]);
        finite += isFinite ? 1 : 0;
        if (operand.equals("A")
            && arguments.directions().get(0).path().token(0) == i / CHANNELS % LENGTH
            && arguments.directions().size() == 1) {
          continue; // whether exp(delta A) is applied to the zeros before the first step is open
        }
        String where =
            "sequence %d, token %d, channel %d: %s for %s"
                .formatted(
                    i / CHANNELS / LENGTH,
                    i / CHANNELS % LENGTH,
                    i % CHANNELS,
                    actual[i],
                    expected[i]);
        assertThat(Float.isFinite(actual[i])).as(where).isEqualTo(isFinite);
        if (isFinite) {
          assertThat(Math.abs(actual[i] - expected[i])).as(where).isLessThan(1e-5);
        }
      }
      assertThat(finite).isGreaterThan(expected.length / 4);
      checkGradients(arguments, Passes.gradients(engine.name(), arguments, ones(manager)), seed);
    }
  }

  private static NDArray ones(NDManager manager) {
    return manager.ones(new Shape(BATCH, LENGTH, CHANNELS));
  }

  /** What belongs to the other sequence alone has finite gradients. */
  private static void checkGradients(SelectiveScanArguments arguments, NDList gradients, int seed) {
    assertThat(gradients).hasSameSizeAs(arguments.arrays());
    boolean apart = sequencesAreApart(arguments);
    for (NDArray gradient : gradients) {
      if (apart && gradient.getShape().dimension() == 3) {
        int clean = 1 - seed % BATCH;
        for (float value : gradient.get(clean).toFloatArray()) {
          assertThat(value).isFinite();
        }
      }
    }
  }

  /** Whether A, D, the bias and the delta weight are finite: sequences have no more in common. */
  private static boolean sequencesAreApart(SelectiveScanArguments arguments) {
    ScanDirection direction = arguments.directions().get(0);
    return isFinite(direction.a())
        && isFinite(direction.d())
        && isFinite(direction.deltaBias())
        && (direction.deltaWeight() == null || isFinite(direction.deltaWeight()));
  }

  private static boolean isFinite(NDArray array) {
    for (float value : array.toFloatArray()) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** One way, or there and back, so that a token's value reaches those before and after it. */
  private static SelectiveScanArguments scan(
      NDManager manager, String operand, float value, boolean softplus, int seed) {
    Random random = new Random(seed);
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    SHAPES.forEach(
        (name, shape) -> {
          float low =
              name.equals("A") ? -2 : name.contains("delta") || name.equals("bias") ? 0 : -1;
          float high = name.equals("A") ? -0.1f : 1;
          float[] values = ScanCase.uniformArray(manager, random, low, high, shape).toFloatArray();
          if (name.equals(operand)) {
            int part = values.length / (int) shape[0];
            int at = shape[0] == BATCH ? seed % BATCH * part : 0;
            values[at + random.nextInt(shape[0] == BATCH ? part : values.length)] = value;
          }
          arrays.put(name, manager.create(values, new Shape(shape)));
        });
    boolean projected = operand.equals("projected delta") || operand.equals("delta weight");
    ScanPath path = ScanPath.raster(LENGTH);
    List<ScanDirection> directions = new ArrayList<>();
    // The first walks one way only.
    for (ScanPath each : seed == 0 ? List.of(path) : List.of(path, path.reversed())) {
      directions.add(
          new ScanDirection(
              each,
              each,
              Columns.all(arrays.get("u")),
              Columns.all(arrays.get(projected ? "projected delta" : "delta")),
              Columns.all(arrays.get("B")),
              Columns.all(arrays.get("C")),
              arrays.get("A"),
              arrays.get("D"),
              arrays.get("bias"),
              GROUPS,
              projected ? arrays.get("delta weight") : null));
    }
    return new SelectiveScanArguments(
        directions, Columns.all(arrays.get("gate")), Merge.MEAN, softplus);
  }

  @TestFactory
  List<DynamicTest> aConvolutionSpreadsItOverItsTaps() {
    List<DynamicTest> tests = new ArrayList<>();
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (String engine : Passes.ENGINES) {
        tests.add(
            DynamicTest.dynamicTest(value + ", " + engine, () -> checkConvolution(engine, value)));
      }
    }
    return tests;
  }

  private static void checkConvolution(String engine, float value) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Random random = new Random(1);
      float[] x =
          ScanCase.uniformArray(manager, random, -1, 1, BATCH, LENGTH, CHANNELS).toFloatArray();
      x[(LENGTH + 6) * CHANNELS + 33] = value; // in the second sequence
      CausalConv1dArguments arguments =
          new CausalConv1dArguments(
              ScanPath.raster(LENGTH),
              Columns.all(manager.create(x, new Shape(BATCH, LENGTH, CHANNELS))),
              ScanCase.uniformArray(manager, random, 0.1f, 1, CHANNELS, 4),
              ScanCase.uniformArray(manager, random, -1, 1, CHANNELS));
      double[] expected = new DoubleConvolution(arguments).output();
      float[] actual = ScanEngines.named(engine).causalConv1d(arguments).toFloatArray();
      for (int i = 0; i < actual.length; i++) {
        boolean isFinite = Double.isFinite(expected[i]);
        assertThat(Float.isFinite(actual[i]))
            .as("element %d: %s for %s", i, actual[i], expected[i])
            .isEqualTo(isFinite);
        if (isFinite) {
          assertThat(Math.abs(actual[i] - expected[i])).isLessThan(1e-5);
        }
      }
      float[] gradient = Passes.gradients(engine, arguments, ones(manager)).get(0).toFloatArray();
      for (int i = 0; i < gradient.length; i++) {
        if (i % CHANNELS != 33 || i / CHANNELS < LENGTH) {
          assertThat(gradient[i]).isFinite();
        }
      }
    }
  }
}
