package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every engine on random depthwise convolutions, against plain loops in double precision. */
class DepthwiseConv2dPropertyTest {
  /** Of ten terms, each rounded to 6e-8 of their sum as it is added. */
  private static final double TOLERANCE = 1e-5;

  /** Where SiLU' is nearly zero, a term is no more exact than the sigmoid in it. */
  private static final double LEAST_SCALE = 0.1;

  /**
   * A random convolution; its numbers follow from the seed.
   *
   * @param unread columns of x's array that are not convolved, at either side
   */
  record Case(
      int batch,
      int height,
      int width,
      int channels,
      int kernel,
      int unread,
      boolean bias,
      long seed) {

    DepthwiseConv2dArguments in(NDManager manager) {
      Random random = new Random(seed);
      NDArray x =
          ScanCase.uniformArray(
              manager, random, -2, 2, batch, height * width, channels + 2 * unread);
      return new DepthwiseConv2dArguments(
          new Columns(x, unread, unread + channels),
          height,
          width,
          ScanCase.uniformArray(manager, random, -1, 1, channels, 1, kernel, kernel),
          bias ? ScanCase.uniformArray(manager, random, -1, 1, channels) : null);
    }
  }

  @Provide
  Arbitrary<Case> convolutions() {
    return convolutions(40, 37, 40);
  }

  @Provide
  Arbitrary<Case> smallConvolutions() {
    return convolutions(7, 6, 20);
  }

  private static Arbitrary<Case> convolutions(int height, int width, int channels) {
    return Combinators.combine(
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, height),
            Arbitraries.integers().between(1, width),
            Arbitraries.integers().between(1, channels),
            Arbitraries.of(3, 3, 3, 1, 5, 7),
            Arbitraries.integers().between(0, 3),
            Arbitraries.of(true, false),
            Arbitraries.longs())
        .as(Case::new);
  }

  @Property(tries = 100)
  void outputsAreThoseOfTheEquation(@ForAll("convolutions") Case convolution) {
    check(convolution);
  }

  /** Several bands of rows, several ranges of channels, the last of them narrow. */
  @Example
  void largeMapsOfManyChannelsAreCutIntoPieces() {
    check(new Case(1, 40, 37, 700, 3, 1, true, 1));
    check(new Case(2, 3, 150, 130, 3, 0, false, 2));
    check(new Case(1, 97, 2, 65, 3, 0, true, 3));
  }

  /** A wide row of few channels, after which rows are narrow and channels many, and so on. */
  @Example
  void whatAConvolutionLeavesBehindDoesNotReachTheNext() {
    for (int round = 0; round < 2; round++) {
      check(new Case(1, 2, 30, 3, 3, 0, true, 4));
      check(new Case(1, 5, 1, 90, 3, 0, false, 5));
      check(new Case(1, 1, 9, 17, 3, 2, true, 6));
    }
  }

  private static void check(Case convolution) {
    try (NDManager manager = NDManager.newBaseManager()) {
      DepthwiseConv2dArguments arguments = convolution.in(manager);
      double[] expected = new DoubleConvolution2d(arguments).output();
      double most = TOLERANCE * (1 + convolution.kernel() * convolution.kernel() / 10);
      for (String engine : Passes.ENGINES) {
        NDArray output = ScanEngines.named(engine).depthwiseConv2d(arguments);
        assertThat(output.getShape())
            .as(engine)
            .isEqualTo(
                new Shape(
                    convolution.batch(),
                    (long) convolution.height() * convolution.width(),
                    convolution.channels()));
        float[] actual = output.toFloatArray();
        for (int i = 0; i < actual.length; i++) {
          if (!(Math.abs(actual[i] - expected[i]) <= most)) { // refuses NaN too
            throw new AssertionError(
                "%s: output %d is %s instead of %s".formatted(engine, i, actual[i], expected[i]));
          }
        }
      }
    }
  }

  @Property(tries = 100)
  void gradientsAreFiniteDifferences(@ForAll("smallConvolutions") Case convolution) {
    try (NDManager manager = NDManager.newBaseManager()) {
      DepthwiseConv2dArguments arguments = convolution.in(manager);
      Random random = new Random(convolution.seed() + 1);
      NDArray outputGradient =
          ScanCase.uniformArray(
              manager,
              random,
              -1,
              1,
              convolution.batch(),
              (long) convolution.height() * convolution.width(),
              convolution.channels());
      double[] weights = DoubleScan.doubles(outputGradient);
      DoubleConvolution2d equation = new DoubleConvolution2d(arguments);
      double[][] operands = {equation.x, equation.weight, equation.bias};
      NDList gradients = Passes.gradients(arguments, outputGradient);
      assertThat(gradients).hasSize(convolution.bias() ? 3 : 2);
      for (int i = 0; i < gradients.size(); i++) {
        GradientProbe.check(
            equation::output,
            weights,
            operands[i],
            gradients.get(i),
            random,
            LEAST_SCALE,
            "operand " + i);
      }
    }
  }

  /** NaN and infinities reach as far as the filter, in their own channel and map. */
  @Example
  void whatIsNotFiniteReachesAsFarAsTheFilter() {
    for (int kernel : List.of(1, 3, 5)) {
      for (float value :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        checkNonFinite(new Case(2, 9, 8, 35, kernel, 1, true, 1), value);
      }
    }
  }

  private static void checkNonFinite(Case convolution, float value) {
    try (NDManager manager = NDManager.newBaseManager()) {
      DepthwiseConv2dArguments clean = convolution.in(manager);
      int tokens = convolution.height() * convolution.width();
      int channel = 33;
      int token = tokens + 4 * convolution.width() + 7; // the second map's right edge
      float[] x = clean.x().array().toFloatArray();
      int columns = convolution.channels() + 2 * convolution.unread();
      x[token * columns + clean.x().from() + channel] = value;
      NDArray array = manager.create(x, clean.x().array().getShape());
      DepthwiseConv2dArguments arguments =
          new DepthwiseConv2dArguments(
              new Columns(array, clean.x().from(), clean.x().to()),
              clean.height(),
              clean.width(),
              clean.weight(),
              clean.bias());
      double[] expected = new DoubleConvolution2d(arguments).output();
      for (String name : Passes.ENGINES) {
        float[] before = ScanEngines.named(name).depthwiseConv2d(clean).toFloatArray();
        float[] after = ScanEngines.named(name).depthwiseConv2d(arguments).toFloatArray();
        int reached = 0;
        for (int i = 0; i < after.length; i++) {
          String what =
              "%s, %s, filter of %d: output %d, %s for %s"
                  .formatted(name, value, convolution.kernel(), i, after[i], expected[i]);
          assertThat(Float.isFinite(after[i])).as(what).isEqualTo(Double.isFinite(expected[i]));
          if (Double.isFinite(expected[i])) {
            assertThat(after[i]).as(what).isEqualTo(before[i]);
          } else {
            reached++;
          }
        }
        // At the edge half of the filter's columns are off the map.
        assertThat(reached).isEqualTo(convolution.kernel() * (convolution.kernel() / 2 + 1));
      }
    }
  }

  /** Whether autograd records or not, nothing but the output is kept, and that by x's manager. */
  @Example
  void theOutputBelongsToTheInputsManager() {
    for (int kernel : List.of(3, 5)) {
      try (NDManager manager = NDManager.newBaseManager();
          NDManager parameters = NDManager.newBaseManager()) {
        DepthwiseConv2dArguments drawn = new Case(1, 4, 5, 20, kernel, 1, true, 3).in(manager);
        drawn.weight().attach(parameters);
        drawn.bias().attach(parameters);
        for (boolean records : new boolean[] {false, true}) {
          try (GradientMode mode = GradientMode.set(records)) {
            int before = manager.getManagedArrays().size();
            NDArray y = DepthwiseConv2d.forward(drawn);
            assertThat(y.getManager()).isSameAs(manager);
            assertThat(manager.getManagedArrays()).hasSize(before + 1);
            assertThat(parameters.getManagedArrays()).hasSize(2);
          }
        }
      }
    }
  }
}
