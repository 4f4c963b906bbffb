package dev.visionmamba.tasks.restoration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RestorationLossTest {
  private static final int H = 5;
  private static final int W = 4;
  private NDManager manager;
  private final double[] restored = random(1);
  private final double[] original = random(2);

  /** Two channels of 5x4. */
  private static double[] random(long seed) {
    return new Random(seed).doubles(2 * H * W).toArray();
  }

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray array(double[] levels) {
    float[] floats = new float[levels.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) levels[i];
    }
    return manager.create(floats, new Shape(1, 2, H, W));
  }

  private double evaluated(RestorationLoss loss, double[] prediction) {
    NDArray value = loss.evaluate(new NDList(array(original)), new NDList(array(prediction)));
    assertThat(value.getShape()).isEqualTo(new Shape());
    return value.getFloat();
  }

  /** Real and imaginary part of one frequency of one channel, by the sum that defines it. */
  private static double[] frequency(double[] levels, int channel, int v, int u) {
    double[] sum = new double[2];
    for (int y = 0; y < H; y++) {
      for (int x = 0; x < W; x++) {
        double angle = -2 * Math.PI * ((double) v * y / H + (double) u * x / W);
        sum[0] += levels[(channel * H + y) * W + x] * Math.cos(angle);
        sum[1] += levels[(channel * H + y) * W + x] * Math.sin(angle);
      }
    }
    return sum;
  }

  /** What the loss of this name should be, in double precision. */
  private static double expected(String name, double[] p, double[] y) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double difference = p[i] - y[i];
      double[] one = frequency(p, i / (H * W), i / W % H, i % W);
      double[] other = frequency(y, i / (H * W), i / W % H, i % W);
      sum +=
          switch (name) {
            case "l1" -> Math.abs(difference);
            case "charbonnier" -> Math.sqrt(difference * difference + 0.01);
            case "frequency" -> (Math.abs(one[0] - other[0]) + Math.abs(one[1] - other[1])) / 2;
            default -> Math.abs(Math.hypot(one[0], one[1]) - Math.hypot(other[0], other[1]));
          };
    }
    return sum / p.length;
  }

  private static List<RestorationLoss> all() {
    return List.of(
        RestorationLoss.l1(),
        RestorationLoss.charbonnier(0.01f),
        RestorationLoss.frequency(),
        RestorationLoss.amplitude());
  }

  @Test
  void valuesAreThoseOfTheDefinitions() {
    for (RestorationLoss loss : all()) {
      assertThat(evaluated(loss, restored))
          .as(loss.getName())
          .isCloseTo(expected(loss.getName(), restored, original), within(1e-5));
    }
    assertThat(evaluated(RestorationLoss.l1(), original)).isZero();
    assertThat(evaluated(RestorationLoss.charbonnier(0.01f), original))
        .isCloseTo(0.1, within(1e-6));
    assertThat(evaluated(RestorationLoss.frequency(), original)).isZero();
    assertThat(evaluated(RestorationLoss.amplitude(), original)).isZero();
  }

  @Test
  void gradientsAreTheSlopes() {
    for (RestorationLoss loss : all()) {
      NDArray prediction = array(restored);
      prediction.setRequiresGradient(true);
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        collector.backward(loss.evaluate(new NDList(array(original)), new NDList(prediction)));
      }
      float[] gradient = prediction.getGradient().toFloatArray();
      for (int i = 0; i < restored.length; i++) {
        double step = 1e-6;
        double[] more = restored.clone();
        double[] less = restored.clone();
        more[i] += step;
        less[i] -= step;
        double slope =
            expected(loss.getName(), more, original) - expected(loss.getName(), less, original);
        assertThat((double) gradient[i])
            .as("%s at %d", loss.getName(), i)
            .isCloseTo(slope / (2 * step), within(1e-4));
      }
    }
  }

  @Test
  void aMovedPictureHasTheSameAmplitudes() {
    double[] moved = new double[original.length];
    for (int i = 0; i < moved.length; i++) {
      int row = i / W % H;
      moved[i - row * W + (row + 2) % H * W] = original[i];
    }
    assertThat(evaluated(RestorationLoss.amplitude(), moved)).isCloseTo(0, within(1e-5));
    assertThat(evaluated(RestorationLoss.frequency(), moved)).isGreaterThan(0.1);
  }

  @Test
  void gradientsStayFiniteWhereNothingDiffers() {
    for (RestorationLoss loss : all()) {
      NDArray prediction = manager.zeros(new Shape(1, 1, 3, 3));
      prediction.setRequiresGradient(true);
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        NDArray same = manager.zeros(new Shape(1, 1, 3, 3));
        collector.backward(loss.evaluate(new NDList(same), new NDList(prediction)));
      }
      for (float slope : prediction.getGradient().toFloatArray()) {
        assertThat(slope).as(loss.getName()).isZero();
      }
    }
  }

  @Test
  void wrongArgumentsAreToldOf() {
    NDList one = new NDList(manager.zeros(new Shape(1, 3, 4, 4)));
    NDList other = new NDList(manager.zeros(new Shape(1, 3, 4, 5)));
    assertThatThrownBy(() -> RestorationLoss.l1().evaluate(one, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("(1, 3, 4, 5)", "(1, 3, 4, 4)");
    assertThatThrownBy(() -> RestorationLoss.charbonnier(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 0");
  }
}
