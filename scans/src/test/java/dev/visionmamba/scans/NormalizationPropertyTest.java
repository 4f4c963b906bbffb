package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.GradientCollector;
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

/** Every engine on random norms, against plain loops in double precision. */
class NormalizationPropertyTest {
  /**
   * Of the terms that an output sums. Where the mean is a hundred times the deviation, the mean of
   * the squares less the square of the mean is wrong by far more.
   */
  private static final double TOLERANCE = 2e-6;

  /** Of the outputs themselves, whose factors are all rounded. */
  private static final double LEAST = 1e-5;

  /** A gradient is a difference of terms of the order of one. */
  private static final double LEAST_SCALE = 1;

  /**
   * A random norm; its numbers follow from the seed.
   *
   * @param unread columns of the gate's array that are no gate, at either side
   * @param mean about that of every token
   * @param centred a layer norm, else an RMS norm
   */
  record Case(
      int batch,
      int tokens,
      int channels,
      int unread,
      float mean,
      float epsilon,
      boolean centred,
      boolean gated,
      long seed) {

    NormalizationArguments in(NDManager manager) {
      Random random = new Random(seed);
      NDArray x =
          ScanCase.uniformArray(manager, random, mean - 1, mean + 1, batch, tokens, channels);
      NDArray gate =
          ScanCase.uniformArray(manager, random, -4, 4, batch, tokens, channels + 2 * unread);
      return new NormalizationArguments(
          x,
          ScanCase.uniformArray(manager, random, -2, 2, channels),
          centred ? ScanCase.uniformArray(manager, random, -1, 1, channels) : null,
          epsilon,
          gated ? new Columns(gate, unread, unread + channels) : null);
    }
  }

  @Provide
  Arbitrary<Case> norms() {
    return norms(
        Arbitraries.integers().between(1, 3000),
        Arbitraries.integers().between(1, 100),
        Arbitraries.of(0f, -3f, 30f, 100f));
  }

  @Provide
  Arbitrary<Case> smallNorms() {
    return norms(
        Arbitraries.integers().between(1, 20),
        Arbitraries.integers().between(4, 40),
        Arbitraries.of(0f, 1f));
  }

  private static Arbitrary<Case> norms(
      Arbitrary<Integer> tokens, Arbitrary<Integer> channels, Arbitrary<Float> means) {
    return Combinators.combine(
            Arbitraries.integers().between(1, 2),
            tokens,
            channels,
            Arbitraries.integers().between(0, 3),
            means,
            Arbitraries.of(1e-3f, 1e-5f),
            Arbitraries.of(true, false))
        .flatAs(
            (batch, length, width, unread, mean, epsilon, centred) ->
                Combinators.combine(Arbitraries.of(true, false), Arbitraries.longs())
                    .as(
                        (gated, seed) ->
                            new Case(
                                batch, length, width, unread, mean, epsilon, centred, gated,
                                seed)));
  }

  @Property(tries = 100)
  void outputsAreThoseOfTheEquation(@ForAll("norms") Case norm) {
    check(norm);
  }

  /** More channels than an engine reads at once, and one more and less. */
  @Example
  void aTokenMayHaveManyChannels() {
    for (int channels : List.of(4095, 4096, 4097, 5000)) {
      check(new Case(2, 7, channels, 1, 10, 1e-5f, true, true, channels));
      check(new Case(2, 7, channels, 1, 10, 1e-5f, false, true, channels));
    }
  }

  /** One norm works after another of other sizes and another kind with the same thread's arrays. */
  @Example
  void whatANormLeavesBehindDoesNotReachTheNext() {
    for (boolean centred : new boolean[] {true, false, true, false}) {
      for (int channels : List.of(70, 3, 33, 16)) {
        check(new Case(1, 5, channels, 0, 20, 1e-5f, centred, channels != 33, channels));
      }
    }
  }

  private static void check(Case norm) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NormalizationArguments arguments = norm.in(manager);
      DoubleNormalization equation = new DoubleNormalization(arguments);
      double[] expected = equation.output();
      double[] magnitudes = equation.magnitudes();
      for (String engine : Passes.ENGINES) {
        NDArray output = ScanEngines.named(engine).normalize(arguments);
        assertThat(output.getShape()).as(engine).isEqualTo(arguments.x().getShape());
        float[] actual = output.toFloatArray();
        for (int i = 0; i < actual.length; i++) {
          double most = TOLERANCE * magnitudes[i] + LEAST * Math.abs(expected[i]);
          if (!(Math.abs(actual[i] - expected[i]) <= most)) { // refuses NaN too
            throw new AssertionError(
                "%s: output %d is %s instead of %s, by more than %s"
                    .formatted(engine, i, actual[i], expected[i], most));
          }
        }
      }
    }
  }

  @Property(tries = 100)
  void gradientsAreFiniteDifferences(@ForAll("smallNorms") Case norm) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NormalizationArguments arguments = norm.in(manager);
      Random random = new Random(norm.seed() + 1);
      NDArray outputGradient =
          ScanCase.uniformArray(
              manager, random, -1, 1, norm.batch(), norm.tokens(), norm.channels());
      double[] weights = DoubleScan.doubles(outputGradient);
      DoubleNormalization equation = new DoubleNormalization(arguments);
      NDList gradients = Passes.gradients(arguments, outputGradient);
      int i = 0;
      for (double[] operand :
          new double[][] {equation.x, equation.weight, equation.bias, equation.gate}) {
        if (operand != null) {
          GradientProbe.check(
              equation::output,
              weights,
              operand,
              gradients.get(i),
              random,
              LEAST_SCALE,
              "operand " + i);
          i++;
        }
      }
      assertThat(gradients).hasSize(i);
    }
  }

  /** Autograd records through the operator what it records through DJL's own norm. */
  @Example
  void aLayerNormIsThatOfDjlForwardAndBackward() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NormalizationArguments arguments =
          new Case(2, 9, 50, 0, 5, 1e-5f, true, false, 1).in(manager);
      NDArray gradient = new RandomOperands(manager, 2).array(-1, 1, 2, 9, 50);
      NDList gradients = Passes.gradients(arguments, gradient);
      NDList arrays = arguments.arrays();
      try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
        arrays.forEach(array -> array.setRequiresGradient(true));
        NDArray y =
            LayerNorm.layerNorm(arrays.get(0), new Shape(50), arrays.get(1), arrays.get(2), 1e-5f)
                .head();
        collector.backward(y.mul(gradient).sum());
        Agreement.check(Normalization.forward(arguments), y, "output");
      }
      for (int i = 0; i < arrays.size(); i++) {
        Agreement.check(gradients.get(i), arrays.get(i).getGradient(), "gradient %d", i);
      }
    }
  }

  /** NaN and infinities reach what the equations say, and no other token. */
  @Example
  void whatIsNotFiniteStaysInItsToken() {
    for (boolean centred : new boolean[] {true, false}) {
      for (int channels : List.of(5, 35, 67)) {
        for (int at : new int[] {0, channels - 5, channels - 1}) {
          for (float value :
              new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            checkNonFinite(new Case(2, 11, channels, 1, 2, 1e-5f, centred, true, 1), at, value);
          }
        }
      }
    }
  }

  private static void checkNonFinite(Case norm, int channel, float value) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NormalizationArguments clean = norm.in(manager);
      int token = 13; // in the second sequence
      float[] x = clean.x().toFloatArray();
      x[token * norm.channels() + channel] = value;
      NormalizationArguments arguments =
          new NormalizationArguments(
              manager.create(x, clean.x().getShape()),
              clean.weight(),
              clean.bias(),
              clean.epsilon(),
              clean.gate());
      double[] expected = new DoubleNormalization(arguments).output();
      for (String name : Passes.ENGINES) {
        float[] before = ScanEngines.named(name).normalize(clean).toFloatArray();
        float[] after = ScanEngines.named(name).normalize(arguments).toFloatArray();
        for (int i = 0; i < after.length; i++) {
          String what =
              "%s, %s in channel %d of %d: output %d, %s for %s"
                  .formatted(name, value, channel, norm.channels(), i, after[i], expected[i]);
          if (i / norm.channels() == token) {
            assertThat(Float.isFinite(after[i])).as(what).isEqualTo(Double.isFinite(expected[i]));
          } else {
            assertThat(after[i]).as(what).isEqualTo(before[i]);
          }
        }
      }
    }
  }

  /** Where autograd does not record, the fastest engine is chosen, and the output is x's. */
  @Example
  void theOutputBelongsToTheInputsManager() {
    try (NDManager manager = NDManager.newBaseManager();
        NDManager parameters = NDManager.newBaseManager()) {
      NormalizationArguments drawn = new Case(1, 4, 20, 1, 0, 1e-5f, true, true, 3).in(manager);
      NDArray weight = drawn.weight();
      NDArray bias = drawn.bias();
      weight.attach(parameters);
      bias.attach(parameters);
      for (boolean records : new boolean[] {false, true}) {
        try (GradientMode mode = GradientMode.set(records)) {
          int before = manager.getManagedArrays().size();
          NDArray y = Normalization.forward(drawn);
          assertThat(y.getManager()).isSameAs(manager);
          assertThat(manager.getManagedArrays()).hasSize(before + 1);
          assertThat(parameters.getManagedArrays()).hasSize(2);
        }
      }
    }
  }
}
