package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Dice loss against its equation in double precision. */
class DiceLossTest {
  private static final int BATCH = 2;
  private static final int PIXELS = 6;
  private static final Shape LABEL_MAPS = new Shape(BATCH, 2, 3);
  private static final DiceLoss LOSS = new DiceLoss("loss").ignoring(255);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void valueAndGradientAreThoseOfTheEquation(int classes) {
    long[] labels = {0, 1, 1, 255, 1, 0, 0, 255, 255, 1, 1, 0};
    labels[11] = Math.max(1, classes - 1);
    double[] scores = new Random(classes).doubles(BATCH * classes * PIXELS, -3, 3).toArray();
    Shape shape = new Shape(BATCH, classes, 2, 3);
    for (float smoothing : new float[] {1, 0.01f}) {
      double expected = 0;
      for (int b = 0; b < BATCH; b++) {
        for (int k = 0; k < classes; k++) {
          double common = 0;
          double areas = 0;
          for (int i = 0; i < PIXELS; i++) {
            long label = labels[b * PIXELS + i];
            if (label != 255) {
              double p = probability(scores, classes, b, k, i);
              double g = label == (classes == 1 ? 1 : k) ? 1 : 0;
              common += p * g;
              areas += p * p + g * g;
            }
          }
          expected += 1 - (2 * common + smoothing) / (areas + smoothing);
        }
      }
      DiceLoss loss = LOSS.smoothing(smoothing);
      UnaryOperator<NDArray> of = x -> loss.evaluate(x, x.getManager().create(labels, LABEL_MAPS));
      Derivative.checkValue(of, scores, shape, expected / (BATCH * classes));
      Derivative.check(of, scores, shape);
      checkLayouts(loss, scores, shape, labels);
    }
  }

  private static double probability(double[] scores, int classes, int b, int k, int i) {
    if (classes == 1) {
      return 1 / (1 + Math.exp(-scores[b * PIXELS + i]));
    }
    double sum = 0;
    for (int j = 0; j < classes; j++) {
      sum += Math.exp(scores[(b * classes + j) * PIXELS + i]);
    }
    return Math.exp(scores[(b * classes + k) * PIXELS + i]) / sum;
  }

  private static void checkLayouts(DiceLoss loss, double[] numbers, Shape shape, long[] labels) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray scores = Derivative.array(manager, numbers, shape, DataType.FLOAT64);
      NDArray truth = manager.create(labels, LABEL_MAPS);
      double first = Derivative.number(loss.evaluate(new NDList(truth), new NDList(scores)));
      NDArray last = scores.transpose(0, 2, 3, 1);
      assertThat(Derivative.number(loss.channelLast().evaluate(last, truth)))
          .isCloseTo(first, Offset.offset(1e-14));
    }
  }

  @Test
  void certaintyCostsNothingAndErrorAllButTheSmoothing() {
    long[] labels = {1, 1, 0, 0};
    Shape shape = new Shape(1, 1, 4);
    UnaryOperator<NDArray> loss =
        x -> LOSS.evaluate(x, x.getManager().create(labels, new Shape(1, 4)));
    Derivative.checkValue(loss, new double[] {99, 99, -99, -99}, shape, 0);
    Derivative.checkValue(loss, new double[] {-99, -99, 99, 99}, shape, 1 - 1 / 5.0);
    // p = 1/2 everywhere: 1 - (2 * 1 + 1) / (4/4 + 2 + 1)
    Derivative.checkValue(loss, new double[4], shape, 0.25);
  }

  @Test
  void allIgnoredOrNoPixelsIsZero() {
    long[] labels = new long[BATCH * PIXELS];
    Arrays.fill(labels, 255);
    Shape shape = new Shape(BATCH, 3, 2, 3);
    double[] scores = new Random(1).doubles(shape.size(), -3, 3).toArray();
    UnaryOperator<NDArray> all = x -> LOSS.evaluate(x, x.getManager().create(labels, LABEL_MAPS));
    assertThat(Derivative.value(all, scores, shape, DataType.FLOAT32)).isZero();
    assertThat(Derivative.gradient(all, scores, shape, DataType.FLOAT32)).containsOnly(0);
    UnaryOperator<NDArray> none =
        x -> LOSS.evaluate(x, x.getManager().create(new Shape(0, 4), DataType.INT64));
    Shape empty = new Shape(0, 3, 4);
    assertThat(Derivative.value(none, new double[0], empty, DataType.FLOAT32)).isZero();
    assertThat(Derivative.gradient(none, new double[0], empty, DataType.FLOAT32)).isEmpty();
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray scores = manager.zeros(new Shape(1, 2, 3));
      NDArray labels = manager.create(new long[] {0, 1, 2}, new Shape(1, 3));
      refused(scores, labels, "labels must be within [0, 1], but is 2");
      refused(scores.mul(Float.NaN), labels.minimum(1), "scores must be finite");
      refused(scores.reshape(2, 3), labels, "scores must be maps");
      refused(scores, labels.reshape(3), "labels must be of shape (1, 3)");
    }
    assertThatThrownBy(() -> LOSS.smoothing(0)).hasMessageContaining("smoothing");
  }

  private static void refused(NDArray scores, NDArray labels, String message) {
    assertThatThrownBy(() -> LOSS.evaluate(scores, labels))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
