package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every engine on random convolutions, against plain loops in double precision. */
class ConvolutionPropertyTest {
  /** Of an output. */
  private static final double TOLERANCE = 1e-5;

  /** Where SiLU' is nearly zero, a term is no more exact than the sigmoid in it. */
  private static final double LEAST_SCALE = 0.1;

  /**
   * A random convolution; its path and numbers follow from the seed.
   *
   * @param unread columns of x's array that are not convolved, at either side
   */
  record Case(
      int batch,
      int channels,
      int length,
      int taps,
      int unread,
      boolean bias,
      boolean publishedWeight,
      long seed) {

    CausalConv1dArguments in(NDManager manager) {
      Random random = new Random(seed);
      NDArray x =
          ScanCase.uniformArray(manager, random, -2, 2, batch, length, channels + 2 * unread);
      long[] weight =
          publishedWeight ? new long[] {channels, 1, taps} : new long[] {channels, taps};
      return new CausalConv1dArguments(
          ScanCase.randomPath(random, length, length),
          new Columns(x, unread, unread + channels),
          ScanCase.uniformArray(manager, random, -1, 1, weight),
          bias ? ScanCase.uniformArray(manager, random, -1, 1, channels) : null);
    }
  }

  @Provide
  Arbitrary<Case> convolutions() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 40),
            Arbitraries.integers().between(1, 40),
            Arbitraries.integers().between(1, 6),
            Arbitraries.integers().between(0, 3),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            Arbitraries.longs())
        .as(Case::new);
  }

  @Property(tries = 200)
  void outputsAreThoseOfTheEquation(@ForAll("convolutions") Case convolution) {
    try (NDManager manager = NDManager.newBaseManager()) {
      CausalConv1dArguments arguments = convolution.in(manager);
      double[] expected = new DoubleConvolution(arguments).output();
      for (String engine : Passes.ENGINES) {
        float[] actual = ScanEngines.named(engine).causalConv1d(arguments).toFloatArray();
        assertThat(actual).as(engine).hasSize(expected.length);
        for (int i = 0; i < actual.length; i++) {
          check(actual[i], expected[i], engine + ": output " + i);
        }
      }
    }
  }

  @Property(tries = 200)
  void gradientsAreFiniteDifferences(@ForAll("convolutions") Case convolution) {
    try (NDManager manager = NDManager.newBaseManager()) {
      CausalConv1dArguments arguments = convolution.in(manager);
      Random random = new Random(convolution.seed() + 1);
      NDArray outputGradient =
          ScanCase.uniformArray(
              manager,
              random,
              -1,
              1,
              convolution.batch(),
              convolution.length(),
              convolution.channels());
      double[] weights = DoubleScan.doubles(outputGradient);
      DoubleConvolution equation = new DoubleConvolution(arguments);
      double[][] operands = {equation.x, equation.weight, equation.bias};
      for (String engine : Passes.ENGINES) {
        NDList gradients = Passes.gradients(engine, arguments, outputGradient);
        for (int i = 0; i < gradients.size(); i++) {
          GradientProbe.check(
              equation::output,
              weights,
              operands[i],
              gradients.get(i),
              random,
              LEAST_SCALE,
              engine + ": operand " + i);
        }
      }
    }
  }

  private static void check(float actual, double expected, String what) {
    if (!(Math.abs(actual - expected) <= TOLERANCE)) { // refuses NaN too
      throw new AssertionError(what + " is " + actual + " instead of " + expected);
    }
  }
}
