package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.losses.CrossEntropyLoss.Average;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cross-entropy of maps and rows against its equation in double precision. */
class CrossEntropyLossTest {
  private static final int BATCH = 2;
  private static final int CLASSES = 3;
  private static final int PIXELS = 6;
  private static final Shape MAPS = new Shape(BATCH, CLASSES, 2, 3);
  private static final Shape LABEL_MAPS = new Shape(BATCH, 2, 3);
  private static final long[] LABELS = {0, 1, 2, 255, 1, 1, 255, 255, 0, 2, 2, 1};
  private static final float[] WEIGHTS = {0.5f, 1, 3};

  private static final CrossEntropyLoss PLAIN = new CrossEntropyLoss("loss").ignoring(255);

  @ParameterizedTest
  @EnumSource
  void valueAndGradientAreThoseOfTheEquation(Average average) {
    for (boolean weighted : new boolean[] {false, true}) {
      CrossEntropyLoss loss = PLAIN.averaging(average);
      loss = weighted ? loss.weighing(WEIGHTS) : loss;
      double[] scores = scores();
      double expected = expected(scores, weighted, average);
      Derivative.checkValue(of(loss), scores, MAPS, expected);
      Derivative.check(of(loss), scores, MAPS);
    }
  }

  private static double expected(double[] scores, boolean weighted, Average average) {
    double sum = 0;
    double weights = 0;
    int counted = 0;
    for (int i = 0; i < LABELS.length; i++) {
      if (LABELS[i] == 255) {
        continue;
      }
      double exponentials = 0;
      for (int k = 0; k < CLASSES; k++) {
        exponentials += Math.exp(score(scores, i, k));
      }
      int label = (int) LABELS[i];
      double weight = weighted ? WEIGHTS[label] : 1;
      sum += weight * (Math.log(exponentials) - score(scores, i, label));
      weights += weight;
      counted++;
    }
    return switch (average) {
      case ALL -> sum / LABELS.length;
      case COUNTED -> sum / counted;
      case WEIGHTED -> sum / weights;
    };
  }

  private static double score(double[] scores, int place, int k) {
    return scores[(place / PIXELS * CLASSES + k) * PIXELS + place % PIXELS];
  }

  @Test
  void layoutsAgree() {
    CrossEntropyLoss loss = PLAIN.weighing(WEIGHTS);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray scores = Derivative.array(manager, scores(), MAPS, DataType.FLOAT64);
      NDArray labels = manager.create(LABELS, LABEL_MAPS);
      double first = Derivative.number(loss.evaluate(scores, labels));
      NDArray last = scores.transpose(0, 2, 3, 1);
      NDArray rows = last.reshape(LABELS.length, CLASSES);
      NDArray flat = labels.reshape(LABELS.length);
      Offset<Double> near = Offset.offset(1e-14);
      assertThat(Derivative.number(loss.evaluate(scores, labels.expandDims(1)))).isEqualTo(first);
      assertThat(Derivative.number(loss.channelLast().evaluate(last, labels)))
          .isCloseTo(first, near);
      assertThat(Derivative.number(loss.evaluate(rows, flat))).isCloseTo(first, near);
      assertThat(Derivative.number(loss.channelLast().evaluate(rows, flat))).isCloseTo(first, near);
      assertThat(Derivative.number(loss.evaluate(scores, labels.toType(DataType.INT32, false))))
          .isEqualTo(first);
      assertThat(Derivative.number(loss.evaluate(new NDList(labels), new NDList(scores))))
          .isEqualTo(first);
    }
  }

  @Test
  void undecidedScoresCostTheLogarithmOfTheClasses() {
    UnaryOperator<NDArray> loss =
        x -> new CrossEntropyLoss("loss").evaluate(x, x.getManager().create(new long[] {6, 0}));
    Derivative.checkValue(loss, new double[14], new Shape(2, 7), Math.log(7));
  }

  @Test
  void hugeScoresDoNotOverflow() {
    UnaryOperator<NDArray> loss =
        x -> new CrossEntropyLoss("loss").evaluate(x, x.getManager().create(new long[] {0, 1}));
    Shape shape = new Shape(2, 2);
    double[] scores = {1e5, -1e5, 1e5, -1e5};
    assertThat(Derivative.value(loss, scores, shape, DataType.FLOAT32)).isEqualTo(1e5);
    assertThat(Derivative.gradient(loss, scores, shape, DataType.FLOAT32))
        .containsExactly(0, 0, 0.5, -0.5);
  }

  @Test
  void weightsOfPlacesAndAGivenFactor() {
    double[] scores = {0.2, -1, 0.7, 2, 0, 0, 1, 1, -1};
    double[] weights = {1, 0, 0.5};
    long[] labels = {2, 1, 0};
    UnaryOperator<NDArray> loss =
        x ->
            new CrossEntropyLoss("loss")
                .evaluate(
                    x,
                    x.getManager().create(labels),
                    Derivative.array(x.getManager(), weights, new Shape(3), x.getDataType()),
                    2);
    double first = Math.log(Math.exp(0.2) + Math.exp(-1) + Math.exp(0.7)) - 0.7;
    double third = Math.log(Math.exp(1) + Math.exp(1) + Math.exp(-1)) - 1;
    Shape shape = new Shape(3, 3);
    Derivative.checkValue(loss, scores, shape, (first + third / 2) / 2);
    Derivative.check(loss, scores, shape);
  }

  @ParameterizedTest
  @EnumSource
  void allIgnoredIsZero(Average average) {
    long[] labels = new long[LABELS.length];
    Arrays.fill(labels, 255);
    for (CrossEntropyLoss loss : new CrossEntropyLoss[] {PLAIN, PLAIN.weighing(WEIGHTS)}) {
      UnaryOperator<NDArray> all =
          x -> loss.averaging(average).evaluate(x, x.getManager().create(labels, LABEL_MAPS));
      assertThat(Derivative.value(all, scores(), MAPS, DataType.FLOAT32)).isZero();
      assertThat(Derivative.gradient(all, scores(), MAPS, DataType.FLOAT32)).containsOnly(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noRowsIsZero(Average average) {
    UnaryOperator<NDArray> none =
        x ->
            PLAIN
                .averaging(average)
                .evaluate(x, x.getManager().create(new Shape(0), DataType.INT64));
    Shape empty = new Shape(0, 3);
    assertThat(Derivative.value(none, new double[0], empty, DataType.FLOAT32)).isZero();
    assertThat(Derivative.gradient(none, new double[0], empty, DataType.FLOAT32)).isEmpty();
  }

  @Test
  void ignoringAClassLeavesItOut() {
    // The ignored label may be one of the classes.
    long[] labels = {0, 1};
    double[] scores = {0, 0, 0, 3};
    UnaryOperator<NDArray> loss =
        x ->
            new CrossEntropyLoss("loss")
                .ignoring(1)
                .averaging(Average.COUNTED)
                .evaluate(x, x.getManager().create(labels));
    Derivative.checkValue(loss, scores, new Shape(2, 2), Math.log(2));
    assertThat(Derivative.gradient(loss, scores, new Shape(2, 2), DataType.FLOAT32))
        .containsExactly(-0.5, 0.5, 0, 0);
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray scores = manager.zeros(MAPS);
      NDArray labels = manager.create(LABELS, LABEL_MAPS);
      refused(new CrossEntropyLoss("loss"), scores, labels, "labels must be within [0, 2]");
      refused(PLAIN, scores, labels.add(1), "but is 256");
      refused(PLAIN, scores, labels.sub(1), "but is -1");
      refused(PLAIN, scores, labels.reshape(12), "labels must be of shape (2, 2, 3)");
      refused(PLAIN, scores, scores, "labels must be of shape");
      refused(PLAIN, scores, manager.zeros(LABEL_MAPS), "labels must be of an integer type");
      refused(PLAIN.weighing(1, 2), scores, labels, "weights of classes must be 3 numbers");
      refused(PLAIN, scores.mul(Float.NaN), labels, "scores must be finite");
      refused(PLAIN, manager.zeros(new Shape(3)), labels, "scores must be of shape");
    }
    assertThatThrownBy(() -> PLAIN.weighing(1, -1)).hasMessageContaining("weights[1]");
    assertThatThrownBy(() -> PLAIN.weighing(Float.NaN)).hasMessageContaining("weights[0]");
  }

  @Test
  void whatIsBuiltOnTheWayIsFreed() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray scores = manager.zeros(MAPS);
      NDArray labels = manager.create(LABELS, LABEL_MAPS);
      NDArray ones = manager.ones(LABEL_MAPS);
      NDArray counted = labels.minimum(2);
      NDArray classes = manager.zeros(new Shape(BATCH), DataType.INT64);
      NDArray targets = manager.zeros(LABEL_MAPS);
      NDArray rows = scores.reshape(LABELS.length, CLASSES);
      NDArray rowLabels = counted.reshape(LABELS.length);
      int before = manager.getManagedArrays().size();
      for (Average average : Average.values()) {
        PLAIN.weighing(WEIGHTS).averaging(average).evaluate(scores, labels).close();
      }
      PLAIN.evaluate(scores, labels, ones, 3).close();
      new DiceLoss("loss").evaluate(scores, counted).close();
      new MaskLoss().evaluate(scores, classes, targets).close();
      SigmoidFocalLoss.RETINANET.evaluate(rows, rowLabels).close();
      assertThat(manager.getManagedArrays()).hasSize(before);
      assertThat(PLAIN.evaluate(scores, labels).getManager()).isSameAs(manager);
    }
  }

  private static void refused(
      CrossEntropyLoss loss, NDArray scores, NDArray labels, String message) {
    assertThatThrownBy(() -> loss.evaluate(scores, labels))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static UnaryOperator<NDArray> of(CrossEntropyLoss loss) {
    return x -> loss.evaluate(x, x.getManager().create(LABELS, LABEL_MAPS));
  }

  private static double[] scores() {
    return new Random(8).doubles(MAPS.size(), -3, 3).toArray();
  }
}
