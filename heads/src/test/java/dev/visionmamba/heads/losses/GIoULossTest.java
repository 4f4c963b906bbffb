package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Generalized intersection over union: worked cases, the equation, and its bounds. */
class GIoULossTest {
  private static final Shape ONE = new Shape(1, 4);

  static List<Arguments> worked() {
    return List.of(
        pair("the same", 0, 0, 0, 2, 2, 0, 0, 2, 2),
        // |A n B| 1, |A u B| 7, |C| 9
        pair("overlapping", 1 - 1 / 7.0 + 2 / 9.0, 0, 0, 2, 2, 1, 1, 3, 3),
        pair("one in the other", 1 - 4 / 16.0, 0, 0, 4, 4, 1, 1, 3, 3),
        pair("side by side", 1, 0, 0, 1, 1, 1, 0, 2, 1),
        // |A u B| 2, |C| 3
        pair("apart by one", 1 + 1 / 3.0, 0, 0, 1, 1, 2, 0, 3, 1),
        pair("corner to corner", 1 + 2 / 4.0, 0, 0, 1, 1, 1, 1, 2, 2),
        pair("far apart", 1 + (1e4 - 2) / 1e4, 0, 0, 1, 1, 99, 99, 100, 100),
        pair("an empty one inside", 1, 1, 1, 1, 1, 0, 0, 2, 2),
        pair("corners exchanged", 1 - 1 / 7.0 + 2 / 9.0, 2, 2, 0, 0, 1, 1, 3, 3),
        pair("two empty ones", 1, 1, 1, 1, 1, 1, 1, 1, 1));
  }

  private static Arguments pair(String name, double expected, double... corners) {
    return Arguments.of(name, expected, corners);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("worked")
  void workedCases(String name, double expected, double[] corners) {
    double[] predicted = Arrays.copyOf(corners, 4);
    double[] target = Arrays.copyOfRange(corners, 4, 8);
    Derivative.checkValue(against(target, ONE), predicted, ONE, expected);
    for (double element :
        Derivative.gradient(against(target, ONE), predicted, ONE, DataType.FLOAT32)) {
      assertThat(element).isFinite();
    }
  }

  @Test
  void boxesThatLieApartAttractEachOther() {
    // What plain intersection over union, whose gradient is 0 there, does not do.
    double[] gradient =
        Derivative.gradient(
            against(new double[] {4, 0, 6, 2}, ONE),
            new double[] {0, 0, 2, 2},
            ONE,
            DataType.FLOAT64);
    assertThat(gradient[2]).isNegative(); // a greater x2 lessens the loss
  }

  @Test
  void gradientsAreThoseOfDifferences() {
    Random random = new Random(11);
    int boxes = 40;
    Shape shape = new Shape(boxes, 4);
    double[] predicted = boxes(random, boxes);
    double[] target = boxes(random, boxes);
    Derivative.check(against(target, shape), predicted, shape);
  }

  @Property(tries = 200)
  void isTheEquationAndWithinItsBounds(
      @ForAll @Size(8) List<@DoubleRange(min = 0, max = 30) Double> numbers) {
    double[] a = box(numbers.subList(0, 4));
    double[] b = box(numbers.subList(4, 8));
    double loss = Derivative.value(against(b, ONE), a, ONE, DataType.FLOAT64);
    assertThat(loss).isBetween(-1e-12, 2 + 1e-12);
    assertThat(loss).isCloseTo(1 - giou(a, b), Offset.offset(1e-9));
    double other = Derivative.value(against(a, ONE), b, ONE, DataType.FLOAT64);
    assertThat(other).isCloseTo(loss, Offset.offset(1e-12));
  }

  @Test
  void rowsAreIndependent() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray predicted = manager.create(new float[] {0, 0, 2, 2, 0, 0, 1, 1}, new Shape(2, 4));
      NDArray target = manager.create(new float[] {1, 1, 3, 3, 2, 0, 3, 1}, new Shape(2, 4));
      assertThat(GIoULoss.STANDARD.rows(predicted, target).toFloatArray())
          .containsExactly(new float[] {68 / 63f, 4 / 3f}, Offset.offset(1e-6f));
    }
  }

  private static double giou(double[] a, double[] b) {
    double common = overlap(a[0], a[2], b[0], b[2]) * overlap(a[1], a[3], b[1], b[3]);
    double union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common;
    double hull =
        (Math.max(a[2], b[2]) - Math.min(a[0], b[0]))
            * (Math.max(a[3], b[3]) - Math.min(a[1], b[1]));
    union = Math.max(union, 1e-6f);
    hull = Math.max(hull, 1e-6f);
    return common / union - (hull - union) / hull;
  }

  private static double overlap(double a1, double a2, double b1, double b2) {
    return a1 >= b2 || b1 >= a2 ? 0 : Math.min(a2, b2) - Math.max(a1, b1);
  }

  /** A corner and a size. */
  private static double[] box(List<Double> n) {
    return new double[] {n.get(0), n.get(1), n.get(0) + n.get(2), n.get(1) + n.get(3)};
  }

  private static double[] boxes(Random random, int count) {
    double[] boxes = random.doubles(4L * count, 0.5, 3).toArray();
    for (int i = 0; i < boxes.length; i += 4) {
      boxes[i + 2] += boxes[i];
      boxes[i + 3] += boxes[i + 1];
    }
    return boxes;
  }

  private static UnaryOperator<NDArray> against(double[] target, Shape shape) {
    return x ->
        GIoULoss.STANDARD.evaluate(
            x, Derivative.array(x.getManager(), target, shape, x.getDataType()), null, 1);
  }
}
