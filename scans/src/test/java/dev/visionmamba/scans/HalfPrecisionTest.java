package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Token arrays in float16, states and sums in float32. */
class HalfPrecisionTest {
  private static final int STEPS = 300;
  private static final int CHANNELS = 20;
  private static final int STATES = 4;

  private final NDManager manager = NDManager.newBaseManager();

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<ScanEngine> engines() {
    return ScanEngines.available().stream();
  }

  /** Those that autograd does not see through, whose gradients are their own. */
  static Stream<ScanEngine> enginesWithGradients() {
    return engines().filter(engine -> !engine.isDifferentiable());
  }

  private NDArray half(NDArray array) {
    return array.toType(DataType.FLOAT16, true);
  }

  private static NDArray single(NDArray array) {
    return array.toType(DataType.FLOAT32, true);
  }

  /** Tokens u, delta, B, C of a direction whose parameters are float32. */
  private static SelectiveScanArguments scan(
      NDArray u, NDArray delta, NDArray b, NDArray c, NDArray a, NDArray bias) {
    ScanDirection forth =
        new ScanDirection(
            ScanPath.raster((int) u.getShape().get(1)),
            Columns.all(u),
            Columns.all(delta),
            Columns.all(b),
            Columns.all(c),
            a,
            null,
            bias);
    return new SelectiveScanArguments(List.of(forth), Columns.all(u), Merge.SUM, true);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("enginesWithGradients")
  void outputsAndGradientsAreThoseOfTheSameNumbersInFloat32(ScanEngine engine) {
    RandomOperands operands = new RandomOperands(manager, 1);
    NDArray u = half(operands.array(-1, 1, 2, STEPS, CHANNELS));
    NDArray delta = half(operands.array(-1, 1, 2, STEPS, CHANNELS));
    NDArray b = half(operands.array(-1, 1, 2, STEPS, STATES));
    NDArray c = half(operands.array(-1, 1, 2, STEPS, STATES));
    NDArray a = operands.array(-2, 0, CHANNELS, STATES);
    NDArray bias = operands.array(-4, -2, CHANNELS);
    NDArray gradient = half(operands.array(-1, 1, 2, STEPS, CHANNELS));
    SelectiveScanArguments shorter = scan(u, delta, b, c, a, bias);
    SelectiveScanArguments longer = scan(single(u), single(delta), single(b), single(c), a, bias);

    ScanResult result = engine.selectiveScan(shorter, true);
    ScanResult wanted = engine.selectiveScan(longer, true);
    assertThat(result.output().getDataType()).isEqualTo(DataType.FLOAT32);
    assertClose(result.output(), wanted.output());
    assertClose(result.lastStates().get(0), wanted.lastStates().get(0));
    NDList gradients = engine.selectiveScanBackward(shorter, gradient);
    NDList wantedGradients = engine.selectiveScanBackward(longer, single(gradient));
    for (int i = 0; i < gradients.size(); i++) {
      NDArray of = shorter.arrays().get(i);
      assertThat(gradients.get(i).getDataType()).isEqualTo(of.getDataType());
      assertClose(gradients.get(i), wantedGradients.get(i));
    }
  }

  /** No further than one rounding to float16 from what is wanted. */
  private static void assertClose(NDArray array, NDArray wanted) {
    assertThat(array.getShape()).isEqualTo(wanted.getShape());
    float[] values = single(array).toFloatArray();
    float[] expected = wanted.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isCloseTo(expected[i], within(1e-3f * Math.abs(expected[i]) + 1e-5f));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("enginesWithGradients")
  void convolutionsAreThoseOfTheSameNumbersInFloat32(ScanEngine engine) {
    RandomOperands operands = new RandomOperands(manager, 2);
    NDArray x = half(operands.array(-1, 1, 2, STEPS, CHANNELS));
    NDArray weight = operands.array(-1, 1, CHANNELS, 4);
    NDArray bias = operands.array(-1, 1, CHANNELS);
    NDArray gradient = half(operands.array(-1, 1, 2, STEPS, CHANNELS));
    ScanPath path = ScanPath.raster(STEPS);
    CausalConv1dArguments shorter = new CausalConv1dArguments(path, Columns.all(x), weight, bias);
    CausalConv1dArguments longer =
        new CausalConv1dArguments(path, Columns.all(single(x)), weight, bias);
    NDArray y = engine.causalConv1d(shorter);
    assertThat(y.getDataType()).isEqualTo(DataType.FLOAT16);
    assertClose(y, engine.causalConv1d(longer));
    NDList gradients = engine.causalConv1dBackward(shorter, gradient);
    NDList wanted = engine.causalConv1dBackward(longer, single(gradient));
    for (int i = 0; i < gradients.size(); i++) {
      assertClose(gradients.get(i), wanted.get(i));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("engines")
  void convolutionsOfMapsAreThoseOfTheSameNumbersInFloat32(ScanEngine engine) {
    RandomOperands operands = new RandomOperands(manager, 4);
    NDArray x = half(operands.array(-1, 1, 2, 60, CHANNELS + 3));
    NDArray bias = operands.array(-1, 1, CHANNELS);
    for (int kernel : new int[] {3, 5}) {
      NDArray weight = operands.array(-1, 1, CHANNELS, 1, kernel, kernel);
      NDArray wanted = engine.depthwiseConv2d(maps(single(x), weight, bias));
      assertThat(wanted.getDataType()).isEqualTo(DataType.FLOAT32);
      int before = manager.getManagedArrays().size();
      NDArray y = engine.depthwiseConv2d(maps(x, weight, bias)); // parameters in float32
      assertThat(manager.getManagedArrays()).hasSize(before + 1).contains(y);
      assertThat(y.getDataType()).isEqualTo(DataType.FLOAT16);
      assertClose(y, wanted);
      NDArray shortWeight = half(weight);
      NDArray shortBias = half(bias);
      y = engine.depthwiseConv2d(maps(x, shortWeight, shortBias));
      assertThat(y.getDataType()).isEqualTo(DataType.FLOAT16);
      assertClose(
          y, engine.depthwiseConv2d(maps(single(x), single(shortWeight), single(shortBias))));
    }
  }

  private static DepthwiseConv2dArguments maps(NDArray x, NDArray weight, NDArray bias) {
    return new DepthwiseConv2dArguments(new Columns(x, 2, 2 + CHANNELS), 6, 10, weight, bias);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("engines")
  void normsAreThoseOfTheSameNumbersInFloat32(ScanEngine engine) {
    RandomOperands operands = new RandomOperands(manager, 5);
    NDArray x = half(operands.array(199, 201, 2, STEPS, CHANNELS)); // squares beyond float16
    NDArray weight = half(operands.array(-1, 1, CHANNELS));
    NDArray bias = half(operands.array(-1, 1, CHANNELS));
    NDArray gate = half(operands.array(-1, 1, 2, STEPS, CHANNELS + 3));
    for (boolean centred : new boolean[] {true, false}) {
      NDArray shift = centred ? bias : null;
      NDArray longShift = centred ? single(bias) : null;
      NDArray wanted = engine.normalize(norm(single(x), single(weight), longShift, single(gate)));
      assertThat(wanted.getDataType()).isEqualTo(DataType.FLOAT32);
      int before = manager.getManagedArrays().size();
      NDArray y = engine.normalize(norm(x, weight, shift, gate));
      assertThat(manager.getManagedArrays()).hasSize(before + 1).contains(y);
      assertThat(y.getDataType()).isEqualTo(DataType.FLOAT16);
      assertClose(y, wanted);
    }
  }

  private static NormalizationArguments norm(
      NDArray x, NDArray weight, NDArray bias, NDArray gate) {
    return new NormalizationArguments(x, weight, bias, 1e-5f, new Columns(gate, 1, 1 + CHANNELS));
  }

  @Test
  void theReferenceTakesTheSameNumbersInFloat32() {
    RandomOperands operands = new RandomOperands(manager, 3);
    NDArray u = half(operands.array(-1, 1, 2, STEPS, CHANNELS));
    NDArray b = half(operands.array(-1, 1, 2, STEPS, STATES));
    NDArray a = operands.array(-2, 0, CHANNELS, STATES);
    ScanEngine engine = ScanEngines.named("ndarray");
    assertClose(
        engine.selectiveScan(scan(u, u, b, b, a, null), false).output(),
        engine
            .selectiveScan(scan(single(u), single(u), single(b), single(b), a, null), false)
            .output());
  }

  /** States beyond 65,504, which are read with a small C: in float16 they would be infinite. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("engines")
  void statesThatFloat16CannotHoldDoNoHarm(ScanEngine engine) {
    NDArray u = full(100, 1, STEPS, 2);
    NDArray a = manager.zeros(new Shape(2, 1));
    ScanDirection direction =
        new ScanDirection(
            ScanPath.raster(STEPS),
            Columns.all(u),
            Columns.all(full(30, 1, STEPS, 2)),
            Columns.all(full(1, 1, STEPS, 1)),
            Columns.all(full(1e-3f, 1, STEPS, 1)),
            a,
            null,
            null);
    SelectiveScanArguments arguments =
        new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
    float[] y = single(engine.selectiveScan(arguments, false).output()).toFloatArray();
    float c = single(full(1e-3f, 1)).toFloatArray()[0];
    assertThat(3000 * STEPS).isGreaterThan(65_504);
    for (int t = 0; t < STEPS; t++) {
      float wanted = 3000f * (t + 1) * c;
      assertThat(y[2 * t]).isBetween(wanted * 0.999f, wanted * 1.001f);
    }
  }

  private NDArray full(float value, long... shape) {
    return half(manager.full(new Shape(shape), value, DataType.FLOAT32));
  }

  /** Where nothing is kept but what is asked for. */
  @Test
  void conversionsAreFreed() {
    NDArray u = full(1, 1, STEPS, CHANNELS);
    NDArray b = full(1, 1, STEPS, STATES);
    NDArray a = manager.zeros(new Shape(CHANNELS, STATES));
    SelectiveScanArguments arguments = scan(u, u, b, b, a, null);
    int before = manager.getManagedArrays().size();
    NDArray y = SelectiveScan.forward(arguments);
    assertThat(manager.getManagedArrays()).hasSize(before + 1).contains(y);
  }

  @Test
  void parametersInFloat16ForTokensInFloat32AreRefused() {
    NDArray u = manager.ones(new Shape(1, STEPS, CHANNELS));
    NDArray b = manager.ones(new Shape(1, STEPS, STATES));
    NDArray a = full(-1, CHANNELS, STATES);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> scan(u, u, b, b, a, null))
        .withMessageStartingWith("A must be float32 on cpu() as u is, but is float16 on cpu()");
  }
}
