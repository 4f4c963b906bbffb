package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each operand in turn is missing, closed, of another type or on another device. */
class RefusedOperandsTest {
  private static final int LENGTH = 5;

  private static final List<String> MAY_BE_LEFT_OUT =
      List.of("D", "the delta bias", "the delta weight", "the gate", "the bias");

  private final Map<String, NDArray> operands = new LinkedHashMap<>();
  private NDManager manager;

  @BeforeEach
  void createOperands() {
    manager = NDManager.newBaseManager();
    // Batch 2, 4 channels, 3 states.
    operands.put("u", manager.ones(new Shape(2, LENGTH, 4)));
    operands.put("delta", manager.ones(new Shape(2, LENGTH, 4)));
    operands.put("B", manager.ones(new Shape(2, LENGTH, 3)));
    operands.put("C", manager.ones(new Shape(2, LENGTH, 3)));
    operands.put("A", manager.ones(new Shape(4, 3)).neg());
    operands.put("D", manager.ones(new Shape(4)));
    operands.put("the delta bias", manager.ones(new Shape(4)));
    // As wide as delta itself, so that a scan is right with and without it.
    operands.put("the delta weight", manager.ones(new Shape(4, 4)));
    operands.put("the gate", manager.ones(new Shape(2, LENGTH, 4)));
    operands.put("x", manager.ones(new Shape(2, LENGTH, 4)));
    operands.put("the weight", manager.ones(new Shape(4, 2)));
    operands.put("the bias", manager.ones(new Shape(4)));
  }

  @AfterEach
  void closeOperands() {
    manager.close();
  }

  private SelectiveScanArguments scan() {
    ScanDirection direction =
        new ScanDirection(
            ScanPath.raster(LENGTH),
            ScanPath.raster(LENGTH),
            columns("u"),
            columns("delta"),
            columns("B"),
            columns("C"),
            operands.get("A"),
            operands.get("D"),
            operands.get("the delta bias"),
            1,
            operands.get("the delta weight"));
    return new SelectiveScanArguments(List.of(direction), columns("the gate"), Merge.SUM, true);
  }

  private CausalConv1dArguments convolution() {
    return new CausalConv1dArguments(
        ScanPath.raster(LENGTH),
        columns("x"),
        operands.get("the weight"),
        operands.get("the bias"));
  }

  private Columns columns(String name) {
    return operands.get(name) == null ? null : Columns.all(operands.get(name));
  }

  private boolean isOfTheConvolution(String name) {
    return List.of("x", "the weight", "the bias").contains(name);
  }

  /** Makes the arguments that an operand is one of. */
  private void arguments(String name) {
    if (isOfTheConvolution(name)) {
      convolution();
    } else {
      scan();
    }
  }

  /** Runs an operator on arguments that were made before. */
  private Runnable operator(String name) {
    if (isOfTheConvolution(name)) {
      CausalConv1dArguments arguments = convolution();
      return () -> CausalConv1d.forward(arguments);
    }
    SelectiveScanArguments arguments = scan();
    return () -> SelectiveScan.forward(arguments);
  }

  /** Replaces each operand in turn and puts it back. */
  private void forEach(
      UnaryOperator<NDArray> replacement, java.util.function.Consumer<String> check) {
    for (String name : new ArrayList<>(operands.keySet())) {
      NDArray right = operands.get(name);
      operands.put(name, replacement.apply(right));
      check.accept(name);
      operands.put(name, right);
      arguments(name);
    }
  }

  @Test
  void anOperandOfAnotherTypeIsRefused() {
    forEach(
        array -> array.toType(DataType.FLOAT64, true),
        name -> {
          // The first operand sets the type, so the next does not fit it.
          String refused = Map.of("u", "delta", "x", "the weight").getOrDefault(name, name);
          String model = isOfTheConvolution(name) ? "x" : "u";
          String wanted = name.equals(model) ? "float64" : "float32";
          String got = name.equals(model) ? "float32" : "float64";
          assertThatIllegalArgumentException()
              .isThrownBy(() -> arguments(name))
              .withMessage(
                  "%s must be %s on cpu() as %s is, but is %s on cpu();"
                      + " convert it with toType or toDevice",
                  refused, wanted, model, got);
        });
  }

  @Test
  void anOperandOnAnotherDeviceIsRefused() {
    forEach(
        array -> on(Device.gpu(1), array),
        name -> {
          String refused = Map.of("u", "delta", "x", "the weight").getOrDefault(name, name);
          assertThatIllegalArgumentException()
              .isThrownBy(() -> arguments(name))
              .withMessageStartingWith(refused + " must be float32 on ")
              .withMessageContaining("gpu(1)")
              .withMessageContaining("cpu()");
        });
  }

  /** The array, as if it were on another device: this machine may have no other. */
  static NDArray on(Device device, NDArray array) {
    return (NDArray)
        Proxy.newProxyInstance(
            NDArray.class.getClassLoader(),
            new Class<?>[] {NDArray.class},
            (proxy, method, arguments) -> {
              try {
                return method.getName().equals("getDevice")
                    ? device
                    : method.invoke(array, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void wholeNumbersAreRefused() {
    for (DataType type :
        List.of(DataType.INT32, DataType.INT64, DataType.UINT8, DataType.BOOLEAN)) {
      forEach(
          array -> array.toType(type, true),
          name ->
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> arguments(name))
                  .withMessageStartingWith(name + " must be ")
                  .withMessageContaining("but is " + type));
    }
    operands.replaceAll((name, array) -> array.toType(DataType.INT32, true));
    assertThatIllegalArgumentException()
        .isThrownBy(this::scan)
        .withMessage("u must be of a floating-point type, but is int32");
    assertThatIllegalArgumentException()
        .isThrownBy(this::convolution)
        .withMessage("x must be of a floating-point type, but is int32");
  }

  @Test
  void directionsOfOtherTypesAreRefused() {
    ScanDirection single = scan().directions().get(0);
    operands.replaceAll((name, array) -> array.toType(DataType.FLOAT64, true));
    ScanDirection twice = scan().directions().get(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SelectiveScanArguments(List.of(single, twice), null, Merge.SUM, true))
        .withMessageStartingWith(
            "u of direction 1 must be float32 on cpu() as u of direction 0 is, but is float64");
  }

  @Test
  void aClosedOperandIsRefused() {
    for (boolean asked : new boolean[] {false, true}) {
      forEach(
          array -> {
            NDArray closed = array.duplicate();
            if (asked) {
              closed.getShape(); // DJL remembers it beyond the end
            }
            closed.close();
            return closed;
          },
          name ->
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> arguments(name))
                  .withMessageEndingWith(" must be open, but its array has been closed"));
    }
  }

  @Test
  void anOperandClosedAfterwardsIsRefusedByName() {
    for (String name : List.copyOf(operands.keySet())) {
      Runnable operator = operator(name);
      operator.run();
      operands.get(name).close();
      assertThatIllegalArgumentException()
          .isThrownBy(operator::run)
          .withMessage("%s must be open, but its array has been closed", name);
      closeOperands();
      createOperands();
    }
  }

  @Test
  void columnsOfAnArrayClosedAfterwardsAreRefusedByName() {
    for (String name : List.of("u", "delta", "B", "C")) {
      Columns u = columns("u");
      Columns delta = columns("delta");
      Columns b = columns("B");
      Columns c = columns("C");
      operands.get(name).close();
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new ScanDirection(
                      ScanPath.raster(LENGTH), u, delta, b, c, operands.get("A"), null, null))
          .withMessage("%s must be open, but its array has been closed", name);
      closeOperands();
      createOperands();
    }
  }

  @Test
  void aClosedOperandIsRefusedByEveryPass() {
    SelectiveScanArguments arguments = scan();
    NDArray gradient = manager.ones(new Shape(2, LENGTH, 4));
    operands.get("C").close();
    String message = "C must be open, but its array has been closed";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SelectiveScan.forwardWithLastState(arguments))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SelectiveScan.backward(arguments, gradient))
        .withMessage(message);
  }

  @Test
  void aMissingOperandIsRefused() {
    forEach(
        array -> null,
        name -> {
          if (MAY_BE_LEFT_OUT.contains(name)) {
            arguments(name);
          } else {
            assertThatNullPointerException().isThrownBy(() -> arguments(name)).withMessage(name);
          }
        });
    assertThatNullPointerException().isThrownBy(() -> new Columns(null, 0, 1)).withMessage("array");
    assertThatNullPointerException().isThrownBy(() -> Columns.all(null)).withMessage("array");
    Columns u = columns("u");
    Columns b = columns("B");
    NDArray a = operands.get("A");
    assertThatNullPointerException()
        .isThrownBy(() -> new ScanDirection(null, u, u, b, b, a, null, null))
        .withMessage("path");
    ScanPath path = ScanPath.raster(LENGTH);
    assertThatNullPointerException()
        .isThrownBy(() -> new ScanDirection(path, null, u, u, b, b, a, null, null, 1))
        .withMessage("parameterPath");
    assertThatNullPointerException()
        .isThrownBy(() -> new CausalConv1dArguments(null, u, a, null))
        .withMessage("path");
    assertThatNullPointerException()
        .isThrownBy(() -> new SelectiveScanArguments(null, null, Merge.SUM, true))
        .withMessage("directions");
    List<ScanDirection> directions = new ArrayList<>(scan().directions());
    assertThatNullPointerException()
        .isThrownBy(() -> new SelectiveScanArguments(directions, null, null, true))
        .withMessage("merge");
    directions.add(null);
    assertThatNullPointerException()
        .isThrownBy(() -> new SelectiveScanArguments(directions, null, Merge.SUM, true))
        .withMessage("direction 1");
  }

  @Test
  void aSequenceWithoutTokensIsRefused() {
    operands.put("u", manager.ones(new Shape(2, 0, 4)));
    assertThatIllegalArgumentException()
        .isThrownBy(this::scan)
        .withMessage("u must be (2, 5, 4), but is (2, 0, 4)");
    operands.put("x", manager.ones(new Shape(2, 0, 4)));
    assertThatIllegalArgumentException()
        .isThrownBy(this::convolution)
        .withMessageStartingWith("the path must visit each of the 0 tokens");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanPath.raster(0))
        .withMessage("a path needs at least one token and one step, got 0 tokens and 0 steps");
  }

  @Test
  void operandsWithoutChannelsAreRefused() {
    operands.put("u", manager.ones(new Shape(2, LENGTH, 0)));
    assertThatIllegalArgumentException()
        .isThrownBy(this::scan)
        .withMessage("columns must be at least one of 0..0 of the array (2, 5, 0), but are 0..0");
  }

  @Test
  void anOutputGradientThatDoesNotFitIsRefused() {
    SelectiveScanArguments arguments = scan();
    for (Shape shape :
        List.of(new Shape(2, LENGTH, 3), new Shape(1, LENGTH, 4), new Shape(LENGTH, 4))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SelectiveScan.backward(arguments, manager.ones(shape)))
          .withMessage("the output's gradient must be (2, 5, 4), but is %s", shape);
    }
    NDArray twice = manager.ones(new Shape(2, LENGTH, 4), DataType.FLOAT64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SelectiveScan.backward(arguments, twice))
        .withMessageStartingWith("the output's gradient must be float32 on cpu() as u is");
    twice.close();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SelectiveScan.backward(arguments, twice))
        .withMessageStartingWith("the output's gradient must be open");
    assertThatNullPointerException()
        .isThrownBy(() -> SelectiveScan.backward(arguments, null))
        .withMessage("the output's gradient");
    assertThat(SelectiveScan.backward(arguments, manager.ones(new Shape(2, LENGTH, 4))))
        .hasSameSizeAs(arguments.arrays());
  }
}
