package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Step sizes and decays at the ends of their ranges, and numbers that are none. */
class ExtremeValuesTest {
  private static final int BATCH = 2;
  private static final int LENGTH = 19;
  private static final int CHANNELS = 35; // full vectors and a rest, whatever their width
  private static final int STATES = 3;

  /** The operands of one direction, to be changed before the scan. */
  private static final class Operands {
    final float[] u = filled(BATCH * LENGTH * CHANNELS, 0.5f);
    final float[] delta = filled(BATCH * LENGTH * CHANNELS, 0.1f);
    final float[] b = filled(BATCH * LENGTH * STATES, 1f);
    final float[] c = filled(BATCH * LENGTH * STATES, 1f);
    final float[] a = filled(CHANNELS * STATES, -1f);
    boolean softplus;

    SelectiveScanArguments in(NDManager manager) {
      return new SelectiveScanArguments(
          List.of(
              new ScanDirection(
                  ScanPath.raster(LENGTH),
                  columns(manager, u, CHANNELS),
                  columns(manager, delta, CHANNELS),
                  columns(manager, b, STATES),
                  columns(manager, c, STATES),
                  manager.create(a, new Shape(CHANNELS, STATES)),
                  null,
                  null)),
          null,
          Merge.SUM,
          softplus);
    }

    float[] scan(ScanEngine engine) {
      try (NDManager manager = NDManager.newBaseManager()) {
        return engine.selectiveScan(in(manager), false).output().toFloatArray();
      }
    }

    float[][] gradients(ScanEngine engine) {
      try (NDManager manager = NDManager.newBaseManager()) {
        NDArray ones = manager.ones(new Shape(BATCH, LENGTH, CHANNELS));
        NDList gradients = engine.selectiveScanBackward(in(manager), ones);
        return gradients.stream().map(NDArray::toFloatArray).toArray(float[][]::new);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void withoutDecayInputsAddUp(String engine) {
    Operands operands = new Operands();
    Arrays.fill(operands.a, 0f);
    float[] y = operands.scan(ScanEngines.named(engine));
    for (int i = 0; i < y.length; i++) {
      int step = i / CHANNELS % LENGTH;
      assertThat(y[i]).isCloseTo(0.1f * 0.5f * STATES * (step + 1), within(1e-5f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void aSlowDecayIsNotRoundedAway(String engine) {
    Operands operands = new Operands();
    Arrays.fill(operands.a, -1e-4f);
    Arrays.fill(operands.u, 0f);
    for (int channel = 0; channel < CHANNELS; channel++) {
      operands.u[channel] = 1f; // the first token of the first sequence
    }
    Arrays.fill(operands.delta, 1e-2f);
    Arrays.fill(operands.delta, 0, CHANNELS, 1f);
    float[] y = operands.scan(ScanEngines.named(engine));
    // 18 steps keep exp(-1e-6) each.
    double lost = STATES - y[(LENGTH - 1) * CHANNELS];
    assertThat(lost).isCloseTo(STATES * 18e-6, within(STATES * 2e-6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void aFastDecayForgetsAllButTheToken(String engine) {
    Operands operands = new Operands();
    Arrays.fill(operands.a, -1e4f);
    for (int i = 0; i < operands.u.length; i++) {
      operands.u[i] = 1 + i % 7;
    }
    float[] y = operands.scan(ScanEngines.named(engine));
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isCloseTo(0.1f * operands.u[i] * STATES, Percentage.withPercentage(1e-3));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain", "ndarray"})
  void hugeStepsForgetAllButTheToken(String engine) {
    for (float delta : new float[] {100f, 1e4f, 1e20f}) {
      for (boolean softplus : new boolean[] {true, false}) {
        Operands operands = new Operands();
        operands.softplus = softplus;
        Arrays.fill(operands.delta, delta);
        float[] y = operands.scan(ScanEngines.named(engine));
        for (float value : y) {
          assertThat(value).isCloseTo(delta * 0.5f * STATES, Percentage.withPercentage(1e-3));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void softplusOfVeryNegativeStepsKeepsItsPrecision(String engine) {
    for (float delta : new float[] {0f, -1f, -9f, -17f, -30f, -60f, -80f}) {
      Operands operands = new Operands();
      operands.softplus = true;
      Arrays.fill(operands.delta, delta);
      double step = Math.log1p(Math.exp(delta));
      for (float value : Arrays.copyOf(operands.scan(ScanEngines.named(engine)), CHANNELS)) {
        assertThat((double) value).isCloseTo(step * 0.5 * STATES, Percentage.withPercentage(1e-3));
      }
    }
    Operands operands = new Operands();
    operands.softplus = true;
    Arrays.fill(operands.delta, -1e30f);
    for (float value : operands.scan(ScanEngines.named(engine))) {
      assertThat(value).isBetween(0f, 1e-35f);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void gradientsAreFiniteAtTheEnds(String engine) {
    for (float a : new float[] {0f, -1e4f}) {
      for (float delta : new float[] {-1e4f, 0f, 1e4f}) {
        Operands operands = new Operands();
        operands.softplus = true;
        Arrays.fill(operands.a, a);
        Arrays.fill(operands.delta, delta);
        for (float[] gradient : operands.gradients(ScanEngines.named(engine))) {
          for (float value : gradient) {
            assertThat(value).as("A %s, delta %s", a, delta).isFinite();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void notANumberInAChannelStaysInThatChannel(String engine) {
    for (int channel : new int[] {0, 20, CHANNELS - 1}) {
      for (boolean inDelta : new boolean[] {false, true}) {
        Operands operands = new Operands();
        operands.softplus = true;
        int token = 7;
        int at = (LENGTH + token) * CHANNELS + channel; // in the second sequence
        (inDelta ? operands.delta : operands.u)[at] = Float.NaN;
        float[] y = operands.scan(ScanEngines.named(engine));
        for (int i = 0; i < y.length; i++) {
          boolean reached =
              i % CHANNELS == channel
                  && i / CHANNELS / LENGTH == 1
                  && i / CHANNELS % LENGTH >= token;
          assertThat(Float.isNaN(y[i])).as("element %d", i).isEqualTo(reached);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void notANumberInASequenceStaysInThatSequence(String engine) {
    Operands operands = new Operands();
    operands.b[(LENGTH + 4) * STATES] = Float.NaN; // in the second sequence
    float[] y = operands.scan(ScanEngines.named(engine));
    float[] uGradient = operands.gradients(ScanEngines.named(engine))[0];
    for (int i = 0; i < y.length; i++) {
      boolean reached = i / CHANNELS / LENGTH == 1 && i / CHANNELS % LENGTH >= 4;
      assertThat(Float.isNaN(y[i])).as("output %d", i).isEqualTo(reached);
      boolean itself = i / CHANNELS == LENGTH + 4;
      assertThat(Float.isNaN(uGradient[i])).as("gradient %d", i).isEqualTo(itself);
    }
  }

  private static Columns columns(NDManager manager, float[] values, int width) {
    return Columns.all(manager.create(values, new Shape(BATCH, LENGTH, width)));
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}
