package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Binary cross-entropy, alone and of masks, against its equation in double precision. */
class MaskLossTest {
  private static final int OBJECTS = 3;
  private static final int CLASSES = 4;
  private static final int PIXELS = 6;
  private static final Shape LOGITS = new Shape(OBJECTS, CLASSES, 2, 3);
  private static final Shape TARGETS = new Shape(OBJECTS, 2, 3);
  private static final long[] OWN = {2, 0, 3};

  @Test
  void onlyTheMapOfTheOwnClassIsTrained() {
    Random random = new Random(21);
    double[] logits = random.doubles(LOGITS.size(), -5, 5).toArray();
    double[] targets = random.doubles(TARGETS.size()).toArray();
    targets[0] = 0;
    targets[1] = 1;
    double expected = 0;
    for (int i = 0; i < targets.length; i++) {
      expected += crossEntropy(logits[place(i)], targets[i]);
    }
    UnaryOperator<NDArray> loss = of(targets);
    Derivative.checkValue(loss, logits, LOGITS, expected / targets.length);
    Derivative.check(loss, logits, LOGITS);
    double[] gradient = Derivative.gradient(loss, logits, LOGITS, DataType.FLOAT32);
    double[] other = gradient.clone();
    for (int i = 0; i < targets.length; i++) {
      assertThat(gradient[place(i)]).isNotZero();
      other[place(i)] = 0;
    }
    assertThat(other).containsOnly(0);
  }

  private static int place(int target) {
    int object = target / PIXELS;
    return (object * CLASSES + (int) OWN[object]) * PIXELS + target % PIXELS;
  }

  private static double crossEntropy(double x, double t) {
    double p = 1 / (1 + Math.exp(-x));
    return -t * Math.log(p) - (1 - t) * Math.log(1 - p);
  }

  @Test
  void noObjectsIsZero() {
    UnaryOperator<NDArray> none =
        x ->
            new MaskLoss()
                .evaluate(
                    x,
                    x.getManager().create(new Shape(0), DataType.INT64),
                    x.getManager().create(new Shape(0, 2, 3), x.getDataType()));
    Shape empty = new Shape(0, CLASSES, 2, 3);
    assertThat(Derivative.value(none, new double[0], empty, DataType.FLOAT32)).isZero();
    assertThat(Derivative.gradient(none, new double[0], empty, DataType.FLOAT32)).isEmpty();
  }

  @Test
  void binaryCrossEntropyWithWeights() {
    double[] logits = {0, 2, -3, 0.5};
    double[] targets = {1, 0, 0.25, 1};
    double[] weights = {1, 0, 2, 0.5};
    double expected = 0;
    for (int i = 0; i < logits.length; i++) {
      expected += weights[i] * crossEntropy(logits[i], targets[i]);
    }
    Shape shape = new Shape(2, 2);
    UnaryOperator<NDArray> loss =
        x ->
            new BinaryCrossEntropyLoss()
                .evaluate(
                    x,
                    Derivative.array(x.getManager(), targets, shape, x.getDataType()),
                    Derivative.array(x.getManager(), weights, shape, x.getDataType()),
                    3);
    Derivative.checkValue(loss, logits, shape, expected / 3);
    Derivative.check(loss, logits, shape);
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    double[] logits = {1e5, -1e5, 1e5, -1e5};
    double[] targets = {1, 0, 0, 1};
    Shape shape = new Shape(4);
    UnaryOperator<NDArray> loss =
        x ->
            new BinaryCrossEntropyLoss()
                .evaluate(
                    x, Derivative.array(x.getManager(), targets, shape, x.getDataType()), null, 1);
    assertThat(Derivative.value(loss, logits, shape, DataType.FLOAT32)).isEqualTo(2e5);
    assertThat(Derivative.gradient(loss, logits, shape, DataType.FLOAT32))
        .containsExactly(0, 0, 1, -1);
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray logits = manager.zeros(LOGITS);
      NDArray own = manager.create(OWN);
      NDArray targets = manager.ones(TARGETS);
      refused(logits, own.add(1), targets, "classes must be within [0, 3], but is 4");
      refused(logits, own, targets.mul(255), "targets must be within [0, 1], but is 255");
      refused(logits, own, targets.mul(Float.NaN), "targets must be within [0, 1], but is NaN");
      refused(logits, own, manager.ones(LOGITS), "targets must be of shape (3, 2, 3)");
      refused(logits, manager.create(new long[2]), targets, "classes must be of shape (3)");
      refused(logits.mul(Float.NaN), own, targets, "logits must be finite");
      refused(manager.zeros(TARGETS), own, targets, "logits must be of shape (objects,");
    }
  }

  private static void refused(NDArray logits, NDArray own, NDArray targets, String message) {
    assertThatThrownBy(() -> new MaskLoss().evaluate(logits, own, targets))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static UnaryOperator<NDArray> of(double[] targets) {
    return x ->
        new MaskLoss()
            .evaluate(
                x,
                x.getManager().create(OWN),
                Derivative.array(x.getManager(), targets, TARGETS, x.getDataType()));
  }
}
