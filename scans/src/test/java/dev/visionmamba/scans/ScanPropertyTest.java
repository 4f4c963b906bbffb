package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every engine on random scans, against plain loops in double precision. */
class ScanPropertyTest {
  /** Of the greatest element; over 5,000 cases the worst was within 2e-6. */
  private static final double FORWARD_TOLERANCE = 1e-5;

  /**
   * Of the greatest gradient of an operand. Engines add up some thousand terms in float32: over
   * 5,000 cases 99.9 % of the elements were within 7e-7, the worst within 6e-6. A term left out or
   * read from a neighbour is off by 1e-2 and more.
   */
  private static final double GRADIENT_TOLERANCE = 3e-5;

  /** Numbers are of the order of 1, so a sum that cancels is not taken for a small scale. */
  private static final double LEAST_SCALE = 0.1;

  /** Half the distance between the two points of a difference, for numbers of the order of 1. */
  private static final double STEP = 1e-5;

  /** So many elements of an operand are probed. */
  private static final int PROBES = 8;

  @Provide
  Arbitrary<ScanCase> scans() {
    return ScanCase.any();
  }

  @Property(tries = 200)
  void outputsAndLastStatesAreThoseOfTheEquations(@ForAll("scans") ScanCase scan) {
    try (NDManager manager = NDManager.newBaseManager()) {
      SelectiveScanArguments arguments = scan.in(manager);
      DoubleScan equations = new DoubleScan(arguments);
      double[] output = equations.output();
      for (String engine : Passes.ENGINES) {
        ScanResult result = ScanEngines.named(engine).selectiveScan(arguments, true);
        compare(result.output(), output, engine + ", output");
        assertThat(result.lastStates()).hasSameSizeAs(arguments.directions());
        for (int k = 0; k < result.lastStates().size(); k++) {
          compare(
              result.lastStates().get(k),
              equations.lastState(arguments.directions().get(k)),
              engine + ", last state " + k);
        }
      }
    }
  }

  private static void compare(NDArray actual, double[] expected, String what) {
    float[] values = actual.toFloatArray();
    assertThat(values).as(what).hasSize(expected.length);
    double scale = LEAST_SCALE;
    for (double value : expected) {
      scale = Math.max(scale, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      double error = Math.abs(values[i] - expected[i]) / scale;
      if (!(error <= FORWARD_TOLERANCE)) { // refuses NaN too
        throw new AssertionError(
            what + ": element " + i + " is " + values[i] + " instead of " + expected[i]);
      }
    }
  }

  /** An operand: some columns of an array of rows. */
  private record Operand(String name, NDArray array, int from, int to, boolean perSequence) {

    static Operand of(String name, Columns columns) {
      return new Operand(name, columns.array(), columns.from(), columns.to(), true);
    }

    static Operand of(String name, NDArray array) {
      long columns = array.getShape().dimension() == 1 ? 1 : array.getShape().get(1);
      return new Operand(name, array, 0, (int) columns, false);
    }

    int width() {
      return array.getShape().dimension() == 1
          ? 1
          : (int) array.getShape().get(array.getShape().dimension() - 1);
    }

    /** Where the operand's elements are in the array. */
    int[] elements() {
      return IntStream.range(0, (int) array.getShape().size())
          .filter(i -> i % width() >= from && i % width() < to)
          .toArray();
    }

    /** Elements of the array for each sequence, or for each channel. */
    int part(int element) {
      return element / (int) (array.getShape().size() / array.getShape().get(0));
    }
  }

  private static List<Operand> operands(SelectiveScanArguments arguments) {
    List<Operand> operands = new ArrayList<>();
    Set<List<Object>> seen = new HashSet<>();
    for (ScanDirection direction : arguments.directions()) {
      List<Operand> each = new ArrayList<>();
      each.add(Operand.of("u", direction.u()));
      each.add(Operand.of("delta", direction.delta()));
      each.add(Operand.of("B", direction.b()));
      each.add(Operand.of("C", direction.c()));
      each.add(Operand.of("A", direction.a()));
      if (direction.d() != null) {
        each.add(Operand.of("D", direction.d()));
      }
      if (direction.deltaBias() != null) {
        each.add(Operand.of("bias", direction.deltaBias()));
      }
      if (direction.deltaWeight() != null) {
        each.add(Operand.of("delta weight", direction.deltaWeight()));
      }
      for (Operand operand : each) {
        if (seen.add(List.of(operand.array().getUid(), operand.from()))) {
          operands.add(operand);
        }
      }
    }
    if (arguments.gate() != null) {
      operands.add(Operand.of("gate", arguments.gate()));
    }
    return operands;
  }

  @Property(tries = 200)
  void gradientsAreFiniteDifferences(@ForAll("scans") ScanCase scan) {
    try (NDManager manager = NDManager.newBaseManager()) {
      SelectiveScanArguments arguments = scan.in(manager);
      Random random = new Random(scan.seed() + 1);
      NDArray outputGradient =
          ScanCase.uniformArray(
              manager, random, -1, 1, arguments.batch(), arguments.tokens(), arguments.channels());
      double[] weights = DoubleScan.doubles(outputGradient);
      DoubleScan equations = new DoubleScan(arguments);
      NDList arrays = arguments.arrays();
      Map<String, float[][]> gradients = new HashMap<>();
      for (String engine : Passes.ENGINES) {
        gradients.put(
            engine,
            Passes.gradients(engine, arguments, outputGradient).stream()
                .map(NDArray::toFloatArray)
                .toArray(float[][]::new));
      }
      for (Operand operand : operands(arguments)) {
        int index = indexOf(operand.array(), arrays);
        int[] elements = operand.elements();
        double scale = LEAST_SCALE;
        for (int element : elements) {
          scale = Math.max(scale, Math.abs(gradients.get("ndarray")[index][element]));
        }
        for (int probe = 0; probe < Math.min(PROBES, elements.length); probe++) {
          int element =
              elements[elements.length <= PROBES ? probe : random.nextInt(elements.length)];
          double expected = difference(equations, operand, element, weights);
          for (String engine : Passes.ENGINES) {
            float actual = gradients.get(engine)[index][element];
            double error = Math.abs(actual - expected) / scale;
            if (!(error <= GRADIENT_TOLERANCE)) { // refuses NaN too
              throw new AssertionError(
                  engine
                      + ": the gradient of "
                      + operand.name()
                      + " at "
                      + element
                      + " is "
                      + actual
                      + " instead of "
                      + expected
                      + ", the greatest is "
                      + scale);
            }
          }
        }
      }
    }
  }

  private static int indexOf(NDArray array, NDList arrays) {
    return IntStream.range(0, arrays.size())
        .filter(i -> arrays.get(i) == array)
        .findFirst()
        .orElseThrow();
  }

  /** The derivative of sum(output * weights) by an element, from a step to either side. */
  private static double difference(
      DoubleScan equations, Operand operand, int element, double[] weights) {
    int sequence = operand.perSequence() ? operand.part(element) : -1;
    int channel = operand.perSequence() ? -1 : operand.part(element);
    double[] values = equations.values(operand.array());
    double value = values[element];
    values[element] = value + STEP;
    double above = equations.weightedSum(weights, sequence, channel);
    values[element] = value - STEP;
    double below = equations.weightedSum(weights, sequence, channel);
    values[element] = value;
    return (above - below) / (2 * STEP);
  }

  @Property(tries = 100)
  void aRandomPermutationIsWalkedAlikeByAllEngines(@ForAll("scans") ScanCase scan) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      SelectiveScanArguments arguments = scan.visitingEveryToken().in(manager);
      Random random = new Random(scan.seed() + 2);
      ScanPath path = ScanCase.randomPath(random, arguments.tokens(), arguments.tokens());
      NDIndex order = new NDIndex(":, {}", manager.create(path.order()));
      SelectiveScanArguments along = along(path, arguments, UnaryOperator.identity());
      // The same tokens, put in the path's order beforehand and walked as they lie.
      SelectiveScanArguments sorted =
          along(ScanPath.raster(path.tokens()), arguments, array -> array.get(order));
      NDArray expected = null;
      for (String name : Passes.ENGINES) {
        ScanEngine engine = ScanEngines.named(name);
        NDArray output = engine.selectiveScan(along, false).output();
        expected = expected == null ? output : expected;
        Agreement.check(output, expected, "%s", name);
        Agreement.check(
            output.get(order), engine.selectiveScan(sorted, false).output(), "%s, sorted", name);
      }
    }
  }

  /** The first direction along another path, ungated, its token arrays in another form. */
  private static SelectiveScanArguments along(
      ScanPath path, SelectiveScanArguments arguments, UnaryOperator<NDArray> form) {
    ScanDirection direction = arguments.directions().get(0);
    UnaryOperator<Columns> columns =
        given -> new Columns(form.apply(given.array()), given.from(), given.to());
    return new SelectiveScanArguments(
        List.of(
            new ScanDirection(
                path,
                path,
                columns.apply(direction.u()),
                columns.apply(direction.delta()),
                columns.apply(direction.b()),
                columns.apply(direction.c()),
                direction.a(),
                direction.d(),
                direction.deltaBias(),
                direction.groups(),
                direction.deltaWeight())),
        null,
        arguments.merge(),
        arguments.deltaSoftplus());
  }
}
