package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.cuda.EmulatedCuda;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The GPU's kernels without a GPU: their arithmetic, and all around them, against the published
 * operators, the other engines and double precision. Sequences are walked in one pass (a device of
 * no threads is always busy), in chunks of some tiles, and in chunks of one tile.
 */
class CudaKernelsTest {
  private static final int ONE_PASS = 0;
  private static final int SOME_TILES = 3;
  private static final int MANY_CHUNKS = 100_000;

  private static final int CASES = 60;

  @TempDir private static Path folder;
  private static EmulatedCuda cuda;

  @BeforeAll
  static void build() throws Exception {
    cuda = new EmulatedCuda(folder);
  }

  static Stream<Arguments> filesAndForms() {
    return GoldenOperatorTest.files()
        .flatMap(
            file ->
                Stream.of(ONE_PASS, SOME_TILES, MANY_CHUNKS).map(form -> Arguments.of(file, form)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("filesAndForms")
  void publishedOperatorsAgree(GoldenFile file, int form) {
    GoldenOperatorTest.check(file, cuda.engine(form));
  }

  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, SOME_TILES, MANY_CHUNKS})
  void scansAreThoseOfTheReference(int form) {
    ScanEngine engine = cuda.engine(form);
    for (int seed = 0; seed < CASES; seed++) {
      EngineAgreementTest.checkScan(engine, seed);
      EngineAgreementTest.checkLastStates(engine, seed);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, MANY_CHUNKS})
  void convolutionsAreThoseOfTheReference(int form) {
    ScanEngine engine = cuda.engine(form);
    for (int seed = 0; seed < CASES; seed++) {
      EngineAgreementTest.checkConvolution(engine, seed);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, MANY_CHUNKS})
  void halfPrecisionIsThatOfItsOperands(int form) {
    ScanEngine engine = cuda.engine(form);
    for (int seed = 0; seed < CASES; seed += 2) {
      UnaryOperator<NDArray> shorten = array -> array.toType(DataType.FLOAT16, true);
      // Parameters may be in half precision, too.
      checkHalf(engine, seed, shorten, seed % 4 == 0 ? shorten : UnaryOperator.identity(), 1e-2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, MANY_CHUNKS})
  void bfloat16IsThatOfItsOperands(int form) {
    ScanEngine engine = cuda.bfloat16Engine(form);
    for (int seed = 0; seed < CASES; seed += 2) {
      checkHalf(engine, seed, CudaKernelsTest::toBfloat16, UnaryOperator.identity(), 4e-2);
    }
  }

  /** An engine on short numbers, against the reference on the same numbers in float32. */
  private static void checkHalf(
      ScanEngine engine,
      int seed,
      UnaryOperator<NDArray> shorten,
      UnaryOperator<NDArray> shortenParameters,
      double tolerance) {
    try (NDManager manager = NDManager.newBaseManager()) {
      RandomOperands operands = new RandomOperands(manager, seed);
      SelectiveScanArguments arguments = operands.scan();
      NDArray gradient =
          operands.array(-1, 1, arguments.batch(), arguments.tokens(), arguments.channels());
      boolean isBfloat16 = engine.name().equals("bfloat16");
      UnaryOperator<NDArray> lengthen =
          isBfloat16
              ? CudaKernelsTest::fromBfloat16
              : array -> array.toType(DataType.FLOAT32, true);
      SelectiveScanArguments shorter = mapped(arguments, shorten, shortenParameters);
      NDArray shortGradient = shorten.apply(gradient);
      NDList expected =
          EngineAgreementTest.reference(
              mapped(shorter, lengthen, lengthen), lengthen.apply(shortGradient));
      NDList actual = new NDList(engine.selectiveScan(shorter, false).output());
      actual.addAll(engine.selectiveScanBackward(shorter, lengthen.apply(shortGradient)));
      compare(actual, expected, lengthen, tolerance, "scan with seed " + seed);

      CausalConv1dArguments convolution = new RandomOperands(manager, seed).convolution();
      long[] shape = convolution.x().array().getShape().getShape().clone();
      NDArray outer =
          shorten.apply(operands.array(-1, 1, shape[0], shape[1], convolution.channels()));
      CausalConv1dArguments shortConvolution = mapped(convolution, shorten, shortenParameters);
      expected =
          EngineAgreementTest.reference(
              mapped(shortConvolution, lengthen, lengthen), lengthen.apply(outer));
      actual = new NDList(engine.causalConv1d(shortConvolution));
      actual.addAll(engine.causalConv1dBackward(shortConvolution, outer));
      compare(actual, expected, lengthen, tolerance, "convolution with seed " + seed);
    }
  }

  private static void compare(
      NDList actual,
      NDList expected,
      UnaryOperator<NDArray> lengthen,
      double tolerance,
      String what) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).getShape()).isEqualTo(expected.get(i).getShape());
      float[] values = lengthen.apply(actual.get(i)).toFloatArray();
      float[] wanted = expected.get(i).toFloatArray();
      double scale = 0.1;
      double difference = 0;
      for (int j = 0; j < values.length; j++) {
        assertThat(values[j]).as("%s, array %d", what, i).isFinite();
        scale = Math.max(scale, Math.abs(wanted[j]));
        difference = Math.max(difference, Math.abs((double) values[j] - wanted[j]));
      }
      assertThat(difference).as("%s, array %d", what, i).isLessThanOrEqualTo(tolerance * scale);
    }
  }

  private static SelectiveScanArguments mapped(
      SelectiveScanArguments arguments, UnaryOperator<NDArray> function) {
    return mapped(arguments, function, function);
  }

  private static SelectiveScanArguments mapped(
      SelectiveScanArguments arguments,
      UnaryOperator<NDArray> function,
      UnaryOperator<NDArray> ofParameters) {
    Map<NDArray, NDArray> made = new IdentityHashMap<>();
    UnaryOperator<NDArray> once =
        array -> array == null ? null : made.computeIfAbsent(array, function);
    UnaryOperator<NDArray> parameter =
        array -> array == null ? null : made.computeIfAbsent(array, ofParameters);
    UnaryOperator<Columns> columns =
        of -> of == null ? null : new Columns(once.apply(of.array()), of.from(), of.to());
    List<ScanDirection> directions =
        arguments.directions().stream()
            .map(
                of ->
                    new ScanDirection(
                        of.path(),
                        of.parameterPath(),
                        columns.apply(of.u()),
                        columns.apply(of.delta()),
                        columns.apply(of.b()),
                        columns.apply(of.c()),
                        parameter.apply(of.a()),
                        parameter.apply(of.d()),
                        parameter.apply(of.deltaBias()),
                        of.groups(),
                        parameter.apply(of.deltaWeight()),
                        of.index()))
            .toList();
    return new SelectiveScanArguments(
        directions, columns.apply(arguments.gate()), arguments.merge(), arguments.deltaSoftplus());
  }

  private static CausalConv1dArguments mapped(
      CausalConv1dArguments arguments,
      UnaryOperator<NDArray> function,
      UnaryOperator<NDArray> ofParameters) {
    Columns x = arguments.x();
    return new CausalConv1dArguments(
        arguments.path(),
        new Columns(function.apply(x.array()), x.from(), x.to()),
        ofParameters.apply(arguments.weight()),
        arguments.bias() == null ? null : ofParameters.apply(arguments.bias()));
  }

  /** The upper halves of float32 numbers, in an array that calls them float16. */
  private static NDArray toBfloat16(NDArray array) {
    float[] values = array.toFloatArray();
    NDArray made = array.getManager().create(array.getShape(), DataType.FLOAT16);
    ByteBuffer bytes = made.toByteBuffer(true).order(ByteOrder.nativeOrder());
    for (int i = 0; i < values.length; i++) {
      bytes.putShort(2 * i, (short) (Float.floatToRawIntBits(values[i]) >>> 16));
    }
    return made;
  }

  private static NDArray fromBfloat16(NDArray array) {
    if (array.getDataType() == DataType.FLOAT32) {
      return array; // a parameter's
    }
    ByteBuffer bytes = array.toByteBuffer(true).order(ByteOrder.nativeOrder());
    float[] values = new float[(int) array.getShape().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
    }
    return array.getManager().create(values, array.getShape());
  }

  /** Where a state in float16 would be infinite. */
  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, MANY_CHUNKS})
  void statesOfHalfPrecisionDoNotOverflow(int form) {
    try (NDManager manager = NDManager.newBaseManager()) {
      int steps = 300;
      NDArray u = full(manager, 100, 1, steps, 2);
      NDArray delta = full(manager, 30, 1, steps, 2);
      NDArray b = full(manager, 1, 1, steps, 1);
      NDArray c = full(manager, 1e-3f, 1, steps, 1);
      NDArray a = full(manager, 0, 2, 1);
      ScanDirection direction =
          new ScanDirection(
              ScanPath.raster(steps),
              Columns.all(u),
              Columns.all(delta),
              Columns.all(b),
              Columns.all(c),
              a,
              null,
              null);
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
      NDArray output = cuda.engine(form).selectiveScan(arguments, false).output();
      float[] values = output.toType(DataType.FLOAT32, true).toFloatArray();
      float factor = c.toType(DataType.FLOAT32, true).toFloatArray()[0];
      assertThat(3000 * steps).isGreaterThan(65504);
      for (int t = 0; t < steps; t++) {
        float wanted = 3000f * (t + 1) * factor;
        assertThat(values[2 * t]).isBetween(wanted * 0.999f, wanted * 1.001f);
      }
    }
  }

  private static NDArray full(NDManager manager, float value, long... shape) {
    return manager.full(new Shape(shape), value, DataType.FLOAT32).toType(DataType.FLOAT16, true);
  }

  /**
   * Slow decays over many steps, where exponentials next to one would lose what they are from it.
   */
  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, SOME_TILES, MANY_CHUNKS})
  void longMemoriesKeepTheirAccuracy(int form) {
    try (NDManager manager = NDManager.newBaseManager()) {
      int steps = 20_000;
      NDArray u = manager.ones(new Shape(1, steps, 1));
      NDArray delta = manager.full(new Shape(1, steps, 1), 1e-4f, DataType.FLOAT32);
      NDArray ones = manager.ones(new Shape(1, steps, 1));
      NDArray a = manager.full(new Shape(1, 1), -1, DataType.FLOAT32);
      ScanDirection direction =
          new ScanDirection(
              ScanPath.raster(steps),
              Columns.all(u),
              Columns.all(delta),
              Columns.all(ones),
              Columns.all(ones),
              a,
              null,
              null);
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(List.of(direction), null, Merge.SUM, false);
      float[] output = cuda.engine(form).selectiveScan(arguments, false).output().toFloatArray();
      double[] expected = new DoubleScan(arguments).output();
      double worst = 0;
      for (int t = 0; t < steps; t++) {
        worst = Math.max(worst, Math.abs(output[t] - expected[t]) / expected[t]);
      }
      assertThat(worst).isLessThan(1e-4);
    }
  }

  @Test
  void arraysThatLieScatteredAreRead() {
    try (NDManager manager = NDManager.newBaseManager()) {
      RandomOperands operands = new RandomOperands(manager, 7);
      SelectiveScanArguments arguments = operands.scan();
      SelectiveScanArguments scattered = mapped(arguments, CudaKernelsTest::scattered);
      NDArray gradient =
          operands.array(-1, 1, arguments.batch(), arguments.tokens(), arguments.channels());
      ScanEngine engine = cuda.engine(SOME_TILES);
      NDList expected = engine.selectiveScanBackward(arguments, gradient);
      NDList actual = engine.selectiveScanBackward(scattered, scattered(gradient));
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i).toFloatArray()).containsExactly(expected.get(i).toFloatArray());
      }
      assertThat(engine.selectiveScan(scattered, false).output().toFloatArray())
          .containsExactly(engine.selectiveScan(arguments, false).output().toFloatArray());
    }
  }

  /** Every second column of an array that is twice as wide. */
  private static NDArray scattered(NDArray array) {
    int last = array.getShape().dimension();
    NDArray wide = array.expandDims(last).concat(array.expandDims(last).neg(), last);
    return wide.get("..., 0");
  }

  @Test
  void anEmptyBatchGivesNothing() {
    try (NDManager manager = NDManager.newBaseManager()) {
      RandomOperands operands = new RandomOperands(manager, 4);
      SelectiveScanArguments whole = operands.scan();
      SelectiveScanArguments none =
          mapped(whole, array -> array.getShape().dimension() == 3 ? array.get("0:0") : array);
      ScanEngine engine = cuda.engine(SOME_TILES);
      Shape shape = new Shape(0, whole.tokens(), whole.channels());
      assertThat(engine.selectiveScan(none, true).output().getShape()).isEqualTo(shape);
      for (NDArray gradient : engine.selectiveScanBackward(none, manager.create(shape))) {
        for (float value : gradient.toFloatArray()) {
          assertThat(value).isZero();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, SOME_TILES, MANY_CHUNKS})
  void directionsMayShareTheirParametersArrays(int form) {
    ScanEngine engine = cuda.engine(form);
    for (SharedParametersTest.Sizes sizes : SharedParametersTest.SIZES) {
      SharedParametersTest.check(engine, engine::selectiveScanBackward, sizes);
    }
  }

  /** A number that is none spoils what the equations say and nothing else. */
  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, MANY_CHUNKS})
  void aNaNStaysInItsChannel(int form) {
    try (NDManager manager = NDManager.newBaseManager()) {
      int steps = 50;
      int channels = 5;
      RandomOperands operands = new RandomOperands(manager, 1);
      NDArray u = operands.array(-1, 1, 1, steps, channels);
      NDArray delta = operands.array(-1, 1, 1, steps, channels);
      NDArray b = operands.array(-1, 1, 1, steps, 3);
      NDArray a = operands.array(-2, 0, channels, 3);
      float[] before = output(form, u, delta, b, a);
      float[] values = u.toFloatArray();
      values[20 * channels + 2] = Float.NaN;
      float[] after = output(form, manager.create(values, u.getShape()), delta, b, a);
      for (int i = 0; i < after.length; i++) {
        if (i % channels == 2 && i / channels >= 20) {
          assertThat(after[i]).as("element %d", i).isNaN();
        } else {
          assertThat(after[i]).as("element %d", i).isEqualTo(before[i]);
        }
      }
    }
  }

  private static float[] output(int form, NDArray u, NDArray delta, NDArray b, NDArray a) {
    ScanDirection direction =
        new ScanDirection(
            ScanPath.raster((int) u.getShape().get(1)),
            Columns.all(u),
            Columns.all(delta),
            Columns.all(b),
            Columns.all(b),
            a,
            null,
            null);
    SelectiveScanArguments arguments =
        new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
    return cuda.engine(form).selectiveScan(arguments, false).output().toFloatArray();
  }

  /** u and delta in the same columns, along paths of their own. */
  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, MANY_CHUNKS})
  void operandsMayShareColumns(int form) {
    try (NDManager manager = NDManager.newBaseManager()) {
      int steps = 40;
      RandomOperands operands = new RandomOperands(manager, 3);
      NDArray all = operands.array(0.1f, 1, 2, steps, 12);
      int[] order = ScanPath.raster(steps).reversed().order();
      ScanDirection direction =
          new ScanDirection(
              ScanPath.raster(steps),
              ScanPath.of(steps, order),
              new Columns(all, 0, 8),
              new Columns(all, 2, 10),
              new Columns(all, 1, 5),
              new Columns(all, 3, 7),
              operands.array(-2, 0, 8, 4),
              null,
              null,
              1);
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(
              List.of(direction, direction), new Columns(all, 4, 12), Merge.MEAN, false);
      NDArray gradient = operands.array(-1, 1, 2, steps, 8);
      NDList expected = EngineAgreementTest.reference(arguments, gradient);
      NDList actual = cuda.engine(form).selectiveScanBackward(arguments, gradient);
      for (int i = 0; i < actual.size(); i++) {
        Agreement.check(actual.get(i), expected.get(i + 1), "array %d", i);
      }
    }
  }

  /** Blocks of several warps, groups of more channels than a block has threads. */
  @ParameterizedTest
  @ValueSource(ints = {ONE_PASS, SOME_TILES, MANY_CHUNKS})
  void wideGroupsAreCutIntoBlocks(int form) {
    try (NDManager manager = NDManager.newBaseManager()) {
      int channels = 2 * 150;
      int steps = 37;
      RandomOperands operands = new RandomOperands(manager, 5);
      ScanPath path = ScanPath.raster(steps).reversed();
      ScanDirection direction =
          new ScanDirection(
              path,
              path,
              Columns.all(operands.array(-1, 1, 2, steps, channels)),
              Columns.all(operands.array(-1, 1, 2, steps, 7)),
              Columns.all(operands.array(-1, 1, 2, steps, 2 * 3)),
              Columns.all(operands.array(-1, 1, 2, steps, 2 * 3)),
              operands.array(-2, 0, channels, 3),
              operands.array(-1, 1, channels),
              operands.array(-1, 1, channels),
              2,
              operands.array(-1, 1, channels, 7));
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
      NDArray gradient = operands.array(-1, 1, 2, steps, channels);
      ScanEngine plain = ScanEngines.named("plain");
      NDList expected = plain.selectiveScanBackward(arguments, gradient);
      NDList actual = cuda.engine(form).selectiveScanBackward(arguments, gradient);
      for (int i = 0; i < actual.size(); i++) {
        Agreement.check(actual.get(i), expected.get(i), "array %d", i);
      }
      NDList again = cuda.engine(form).selectiveScanBackward(arguments, gradient);
      for (int i = 0; i < actual.size(); i++) {
        assertThat(Arrays.equals(again.get(i).toFloatArray(), actual.get(i).toFloatArray()))
            .as("array %d is the same every time", i)
            .isTrue();
      }
    }
  }
}
