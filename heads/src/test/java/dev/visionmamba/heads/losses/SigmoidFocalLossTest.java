package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The focal loss against its equation in double precision. */
class SigmoidFocalLossTest {
  private static final int CLASSES = 5;
  private static final long[] LABELS = {0, 4, 5, -1, 2, 5, -1, 2};
  private static final int POSITIVES = 4;
  private static final Shape SHAPE = new Shape(LABELS.length, CLASSES);

  @ParameterizedTest
  @CsvSource({"0.25, 2", "0.5, 0", "1, 1.5", "0, 3", "0.3, 0.5"})
  void valueAndGradientAreThoseOfTheEquation(float alpha, float gamma) {
    double[] logits = logits();
    SigmoidFocalLoss loss = new SigmoidFocalLoss(alpha, gamma);
    double expected = sum(logits, alpha, gamma);
    Derivative.checkValue(of(loss, LABELS), logits, SHAPE, expected / POSITIVES);
    Derivative.check(of(loss, LABELS), logits, SHAPE);
    UnaryOperator<NDArray> overTen = x -> loss.evaluate(x, x.getManager().create(LABELS), 10);
    Derivative.checkValue(overTen, logits, SHAPE, expected / 10);
    Derivative.check(overTen, logits, SHAPE);
  }

  private static double sum(double[] logits, double alpha, double gamma) {
    double sum = 0;
    for (int i = 0; i < LABELS.length; i++) {
      for (int k = 0; k < CLASSES && LABELS[i] >= 0; k++) {
        double p = 1 / (1 + Math.exp(-logits[i * CLASSES + k]));
        sum -=
            LABELS[i] == k
                ? alpha * Math.pow(1 - p, gamma) * Math.log(p)
                : (1 - alpha) * Math.pow(p, gamma) * Math.log(1 - p);
      }
    }
    return sum;
  }

  @Test
  void ofAnUndecidedPlace() {
    // p = 1/2: a quarter of log 2, times alpha or 1 - alpha.
    UnaryOperator<NDArray> positive = of(SigmoidFocalLoss.RETINANET, new long[] {0});
    UnaryOperator<NDArray> negative = of(SigmoidFocalLoss.RETINANET, new long[] {1});
    Shape one = new Shape(1, 1);
    Derivative.checkValue(positive, new double[1], one, 0.25 * 0.25 * Math.log(2));
    Derivative.checkValue(negative, new double[1], one, 0.75 * 0.25 * Math.log(2));
  }

  @Test
  void hugeLogitsNeitherOverflowNorDrown() {
    UnaryOperator<NDArray> loss = of(SigmoidFocalLoss.RETINANET, new long[] {0, 2});
    Shape shape = new Shape(2, 2);
    double[] right = {1e4, -1e4, -1e4, -1e4};
    double[] wrong = {-1e4, 1e4, 1e4, -1e4};
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
      assertThat(Derivative.value(loss, right, shape, type)).isZero();
      assertThat(Derivative.gradient(loss, right, shape, type)).containsOnly(0);
      assertThat(Derivative.value(loss, wrong, shape, type))
          .isCloseTo(1e4 * (0.25 + 2 * 0.75), Offset.offset(1e-2));
      assertThat(Derivative.gradient(loss, wrong, shape, type))
          .containsExactly(new double[] {-0.25, 0.75, 0.75, 0}, Offset.offset(1e-6));
    }
  }

  @Test
  void withoutPositivesTheSumIsDividedByOne() {
    double[] logits = {0.3, -1.2, 2, 0.1};
    UnaryOperator<NDArray> loss = of(SigmoidFocalLoss.RETINANET, new long[] {2, 2});
    double expected = 0;
    for (double x : logits) {
      double p = 1 / (1 + Math.exp(-x));
      expected -= 0.75 * p * p * Math.log(1 - p);
    }
    Derivative.checkValue(loss, logits, new Shape(2, 2), expected);
    Derivative.check(loss, logits, new Shape(2, 2));
  }

  @Test
  void allIgnoredIsZero() {
    UnaryOperator<NDArray> loss = of(SigmoidFocalLoss.RETINANET, new long[] {-1, -1});
    double[] logits = {0.3, -1.2, 2, 0.1};
    assertThat(Derivative.value(loss, logits, new Shape(2, 2), DataType.FLOAT32)).isZero();
    assertThat(Derivative.gradient(loss, logits, new Shape(2, 2), DataType.FLOAT32))
        .containsOnly(0);
  }

  @Test
  void noPlacesIsZero() {
    UnaryOperator<NDArray> loss =
        x ->
            SigmoidFocalLoss.RETINANET.evaluate(
                x, x.getManager().create(new Shape(0), DataType.INT64));
    assertThat(Derivative.value(loss, new double[0], new Shape(0, 3), DataType.FLOAT32)).isZero();
    assertThat(Derivative.gradient(loss, new double[0], new Shape(0, 3), DataType.FLOAT32))
        .isEmpty();
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    SigmoidFocalLoss loss = SigmoidFocalLoss.RETINANET;
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray logits = manager.zeros(new Shape(2, 3));
      refused(loss, logits, manager.create(new long[] {0, 4}), "labels must be within [-1, 3]");
      refused(loss, logits, manager.create(new long[] {0, -2}), "but is -2");
      refused(loss, logits, manager.create(new long[] {0}), "labels must be of shape (2)");
      refused(loss, logits, manager.create(new float[] {0, 1}), "labels must be of an integer");
      NDArray labels = manager.create(new long[] {0, 3});
      refused(loss, labels, labels, "logits must be of a floating-point type");
      refused(loss, manager.zeros(new Shape(2)), labels, "logits must be of shape (places,");
      NDArray nan = manager.create(new float[] {0, 0, Float.NaN, 0, 0, 0}, new Shape(2, 3));
      refused(loss, nan, labels, "logits must be finite");
      NDArray good = manager.zeros(new Shape(2, 3));
      assertThatThrownBy(() -> loss.evaluate(good, labels, -1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("averageFactor");
    }
    assertThatThrownBy(() -> new SigmoidFocalLoss(1.5f, 2)).hasMessageContaining("alpha");
    assertThatThrownBy(() -> new SigmoidFocalLoss(0.5f, -1)).hasMessageContaining("gamma");
    assertThatThrownBy(() -> new SigmoidFocalLoss(0.5f, Float.NaN)).hasMessageContaining("gamma");
  }

  private static void refused(
      SigmoidFocalLoss loss, NDArray logits, NDArray labels, String message) {
    assertThatThrownBy(() -> loss.evaluate(logits, labels))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static UnaryOperator<NDArray> of(SigmoidFocalLoss loss, long[] labels) {
    return x -> loss.evaluate(x, x.getManager().create(labels));
  }

  private static double[] logits() {
    return new Random(3).doubles(SHAPE.size(), -4, 4).toArray();
  }
}
