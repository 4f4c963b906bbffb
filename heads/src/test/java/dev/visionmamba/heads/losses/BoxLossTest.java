package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** L1 and smooth L1 against their equations, and what all losses of boxes have in common. */
class BoxLossTest {
  private static final int ROWS = 6;
  private static final Shape SHAPE = new Shape(ROWS, 4);

  @Test
  void l1IsTheSumOfDistances() {
    check(new L1Loss(), Math::abs);
  }

  @ParameterizedTest
  @ValueSource(floats = {1, 1f / 9, 0.5f})
  void smoothL1IsQuadraticThenLinear(float beta) {
    check(
        new SmoothL1Loss(beta),
        d -> Math.abs(d) < beta ? d * d / (2 * (double) beta) : Math.abs(d) - beta / 2.0);
  }

  /** Value and gradient, with and without weights. */
  private static void check(BoxLoss loss, DoubleUnaryOperator equation) {
    Random random = new Random(4);
    double[] predicted = random.doubles(SHAPE.size(), -1, 1).toArray();
    double[] target = random.doubles(SHAPE.size(), -1, 1).toArray();
    double[] weights = {1, 0, 2.5, 1, 0, 0.25};
    double plain = 0;
    double weighted = 0;
    for (int i = 0; i < predicted.length; i++) {
      double element = equation.applyAsDouble(predicted[i] - target[i]);
      plain += element;
      weighted += weights[i / 4] * element;
    }
    UnaryOperator<NDArray> alone = x -> loss.evaluate(x, like(x, target, SHAPE), null, 7);
    Derivative.checkValue(alone, predicted, SHAPE, plain / 7);
    Derivative.check(alone, predicted, SHAPE);
    UnaryOperator<NDArray> withWeights =
        x -> loss.evaluate(x, like(x, target, SHAPE), like(x, weights, new Shape(ROWS)), 2);
    Derivative.checkValue(withWeights, predicted, SHAPE, weighted / 2);
    Derivative.check(withWeights, predicted, SHAPE);
  }

  @Test
  void gradientsWhereTheCasesMeet() {
    double[] predicted = {0, 1, -1, 3};
    UnaryOperator<NDArray> l1 = x -> new L1Loss().evaluate(x, x.zerosLike(), null, 1);
    UnaryOperator<NDArray> smooth = x -> new SmoothL1Loss(1).evaluate(x, x.zerosLike(), null, 1);
    Shape one = new Shape(1, 4);
    assertThat(Derivative.gradient(l1, predicted, one, DataType.FLOAT32))
        .containsExactly(0, 1, -1, 1);
    assertThat(Derivative.gradient(smooth, predicted, one, DataType.FLOAT32))
        .containsExactly(0, 1, -1, 1);
    Derivative.checkValue(smooth, predicted, one, 0.5 + 0.5 + 2.5);
  }

  @Test
  void noRowsIsZeroWithAGradient() {
    for (BoxLoss loss : new BoxLoss[] {new L1Loss(), new SmoothL1Loss(1), GIoULoss.STANDARD}) {
      UnaryOperator<NDArray> none = x -> loss.evaluate(x, x.zerosLike(), null, 0);
      Shape empty = new Shape(0, 4);
      assertThat(Derivative.value(none, new double[0], empty, DataType.FLOAT32)).isZero();
      assertThat(Derivative.gradient(none, new double[0], empty, DataType.FLOAT32)).isEmpty();
    }
  }

  @Test
  void weightsOfZeroAreZeroWithAGradient() {
    double[] boxes = {0, 0, 2, 2, 5, 5, 6, 7};
    for (BoxLoss loss : new BoxLoss[] {new L1Loss(), new SmoothL1Loss(1), GIoULoss.STANDARD}) {
      UnaryOperator<NDArray> none =
          x ->
              loss.evaluate(
                  x, x.onesLike(), x.getManager().zeros(new Shape(2), x.getDataType()), 0);
      Shape two = new Shape(2, 4);
      assertThat(Derivative.value(none, boxes, two, DataType.FLOAT32)).isZero();
      for (double element : Derivative.gradient(none, boxes, two, DataType.FLOAT32)) {
        assertThat(element).isZero();
      }
    }
  }

  @Test
  void factorsBelowOneCountAsOne() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.ones(new Shape(1, 4));
      assertThat(Derivative.number(new L1Loss().evaluate(x, x.zerosLike(), null, 0.5)))
          .isEqualTo(4);
      assertThat(Derivative.number(new L1Loss().evaluate(x, x.zerosLike(), null, 8)))
          .isEqualTo(0.5);
    }
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.ones(new Shape(2, 4));
      NDArray three = manager.ones(new Shape(2, 3));
      NDArray nan = x.mul(Float.NaN);
      NDArray wide = x.toType(DataType.FLOAT64, true);
      for (BoxLoss loss : new BoxLoss[] {new L1Loss(), new SmoothL1Loss(1), GIoULoss.STANDARD}) {
        refused(loss, x, three, null, "target must be of shape (2, 4), but is (2, 3)");
        refused(loss, x, wide, null, "target must be float32");
        refused(loss, x, x, manager.ones(new Shape(3)), "weights must be of shape (2)");
        refused(loss, nan, x, null, "predicted must be finite");
        refused(loss, x, nan, null, "the loss must be finite");
        refused(loss, x.reshape(8), x.reshape(8), null, "predicted must be of shape");
      }
      // Large numbers are not infinite, though their sum is.
      refused(new L1Loss(), x.mul(3e38f), x, null, "the loss must be finite, but is Infinity");
      refused(GIoULoss.STANDARD, three, three, null, "predicted must be of shape (boxes, 4)");
    }
    assertThatThrownBy(() -> new SmoothL1Loss(0)).hasMessageContaining("beta");
    assertThatThrownBy(() -> new GIoULoss(0)).hasMessageContaining("epsilon");
  }

  @Test
  void whatIsBuiltOnTheWayIsFreed() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.ones(new Shape(3, 4));
      NDArray y = manager.zeros(new Shape(3, 4));
      int before = manager.getManagedArrays().size();
      for (BoxLoss loss : new BoxLoss[] {new L1Loss(), new SmoothL1Loss(1), GIoULoss.STANDARD}) {
        loss.evaluate(x, y, null, 1).close();
      }
      assertThat(manager.getManagedArrays()).hasSize(before);
      assertThat(new L1Loss().evaluate(x, y, null, 1).getManager()).isSameAs(manager);
      assertThat(new L1Loss().rows(x, y).toFloatArray())
          .containsExactly(new float[] {4, 4, 4}, Offset.offset(0f));
    }
  }

  private static void refused(
      BoxLoss loss, NDArray predicted, NDArray target, NDArray weights, String message) {
    assertThatThrownBy(() -> loss.evaluate(predicted, target, weights, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static NDArray like(NDArray x, double[] numbers, Shape shape) {
    return Derivative.array(x.getManager(), numbers, shape, x.getDataType());
  }
}
