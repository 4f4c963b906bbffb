package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operands that do not fit are refused by name before any engine sees them. */
class ArgumentsTest {
  private static final ScanPath PATH = ScanPath.raster(5);

  private NDManager manager;

  // Batch 2, 5 tokens, 4 channels, 3 states.
  private Columns tokens;
  private Columns states;
  private NDArray a;
  private NDArray vector;

  @BeforeEach
  void createOperands() {
    manager = NDManager.newBaseManager();
    tokens = columns(2, 5, 4);
    states = columns(2, 5, 3);
    a = manager.zeros(new Shape(4, 3));
    vector = manager.zeros(new Shape(4));
  }

  @AfterEach
  void closeOperands() {
    manager.close();
  }

  @Test
  void columnsAreAViewOfTheirRange() {
    NDArray array = manager.arange(12f).reshape(1, 3, 4);
    assertThat(Columns.all(array).toArray()).isSameAs(array);
    Columns middle = new Columns(array, 1, 3);
    assertThat(middle.width()).isEqualTo(2);
    assertThat(middle.toArray().getShape()).isEqualTo(new Shape(1, 3, 2));
    assertThat(middle.toArray().toFloatArray()).containsExactly(1, 2, 5, 6, 9, 10);
  }

  @Test
  void columnsOutsideTheArrayAreRefused() {
    NDArray array = manager.zeros(new Shape(1, 3, 4));
    assertColumnsRefused(array, -1, 2);
    assertColumnsRefused(array, 2, 2);
    assertColumnsRefused(array, 3, 5);
    assertColumnsRefused(manager.zeros(new Shape(1, 3, 0)), 0, 0);
  }

  private static void assertColumnsRefused(NDArray array, int from, int to) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Columns(array, from, to))
        .withMessage(
            "columns must be at least one of 0..%d of the array %s, but are %d..%d",
            array.getShape().get(2), array.getShape(), from, to);
  }

  @Test
  void columnsAreTakenOfTokensOnly() {
    for (Shape shape : List.of(new Shape(), new Shape(4), new Shape(3, 4), new Shape(1, 1, 3, 4))) {
      NDArray array = manager.zeros(shape);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Columns(array, 0, 4))
          .withMessage("array must be (B, L, W), but is %s", shape);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Columns.all(array))
          .withMessage("array must be (B, L, W), but is %s", shape);
    }
  }

  @Test
  void directionKnowsItsSizes() {
    ScanDirection direction =
        new ScanDirection(PATH, tokens, tokens, states, states, a, vector, vector);
    assertThat(direction.channels()).isEqualTo(4);
    assertThat(direction.stateSize()).isEqualTo(3);
    assertThat(direction.groups()).isEqualTo(1);
    assertThat(direction.parameterPath()).isSameAs(PATH);
  }

  @Test
  void directionNamesTheOperandThatDoesNotFit() {
    Columns narrow = columns(2, 5, 2);
    Columns longer = columns(2, 6, 3);
    Columns otherBatch = columns(3, 5, 3);
    NDArray shortVector = manager.zeros(new Shape(3));
    assertDirectionRefused("A must be (4, states)", tokens, tokens, states, states, vector, null);
    NDArray transposed = manager.zeros(new Shape(3, 4));
    assertDirectionRefused(
        "A must be (4, states)", tokens, tokens, states, states, transposed, null);
    NDArray noStates = manager.zeros(new Shape(4, 0));
    assertDirectionRefused("A must be (4, states)", tokens, tokens, states, states, noStates, null);
    assertDirectionRefused(
        "delta must be (2, 5, 4), but is (2, 5, 2)", tokens, narrow, states, states, a, null);
    assertDirectionRefused(
        "B must be (2, 5, 3), but is (2, 5, 2)", tokens, tokens, narrow, states, a, null);
    assertDirectionRefused(
        "C must be (2, 5, 3), but is (2, 5, 2)", tokens, tokens, states, narrow, a, null);
    assertDirectionRefused(
        "u must be (2, 5, 4), but is (2, 6, 4)", columns(2, 6, 4), tokens, states, states, a, null);
    assertDirectionRefused(
        "delta must be (2, 5, 4), but is (2, 6, 4)",
        tokens,
        columns(2, 6, 4),
        states,
        states,
        a,
        null);
    assertDirectionRefused(
        "B must be (2, 5, 3), but is (2, 6, 3)", tokens, tokens, longer, states, a, null);
    assertDirectionRefused(
        "B must be (2, 5, 3), but is (3, 5, 3)", tokens, tokens, otherBatch, states, a, null);
    assertDirectionRefused(
        "C must be (2, 5, 3), but is (2, 6, 3)", tokens, tokens, states, longer, a, null);
    assertDirectionRefused(
        "D must be (4), but is (3)", tokens, tokens, states, states, a, shortVector);
    assertDirectionRefused("D must be (4), but is (4, 3)", tokens, tokens, states, states, a, a);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new ScanDirection(PATH, tokens, tokens, states, states, a, vector, shortVector))
        .withMessage("the delta bias must be (4), but is (3)");
  }

  private void assertDirectionRefused(
      String message, Columns u, Columns delta, Columns b, Columns c, NDArray a, NDArray d) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScanDirection(PATH, u, delta, b, c, a, d, null))
        .withMessageStartingWith(message);
  }

  @Test
  void directionNamesTheDeltaWeightThatDoesNotFit() {
    for (Shape shape : List.of(new Shape(3, 4), new Shape(4), new Shape(4, 0))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> projected(manager.zeros(shape)))
          .withMessage("the delta weight must be (4, rank), but is %s", shape);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> projected(manager.zeros(new Shape(4, 2))))
        .withMessage("delta must be (2, 5, 2), but is (2, 5, 4)");
  }

  private ScanDirection projected(NDArray deltaWeight) {
    return new ScanDirection(
        PATH, PATH, tokens, tokens, states, states, a, null, null, 1, deltaWeight);
  }

  @Test
  void directionRefusesGroupsThatDoNotDivideTheChannels() {
    for (int groups : new int[] {0, 3, 5}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> grouped(PATH, groups, states))
          .withMessage("%d groups do not divide 4 channels evenly", groups);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> grouped(PATH, 2, states))
        .withMessage("B must be (2, 5, 6), but is (2, 5, 3)");
    assertThat(grouped(PATH, 2, columns(2, 5, 6)).groups()).isEqualTo(2);
  }

  @Test
  void directionRefusesAParameterPathOfOtherSteps() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> grouped(ScanPath.of(5, 0, 1), 1, states))
        .withMessage("the parameter path must be 5 steps, but is 2 steps");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> grouped(ScanPath.of(6, 0, 1, 2, 3, 5), 1, states))
        .withMessage("delta must be (2, 6, 4), but is (2, 5, 4)");
  }

  private ScanDirection grouped(ScanPath parameterPath, int groups, Columns states) {
    return new ScanDirection(
        PATH, parameterPath, tokens, tokens, states, states, a, null, null, groups);
  }

  @Test
  void scanListsEachArrayOnce() {
    ScanDirection direction =
        new ScanDirection(PATH, tokens, tokens, states, states, a, vector, vector);
    SelectiveScanArguments arguments =
        new SelectiveScanArguments(List.of(direction, direction), tokens, Merge.MEAN, true);
    assertThat(arguments.arrays()).containsExactly(tokens.array(), states.array(), a, vector);
    assertThat(arguments.scale()).isEqualTo(0.5f);
    assertThat(arguments.batch()).isEqualTo(2);
    assertThat(arguments.tokens()).isEqualTo(5);
    assertThat(arguments.channels()).isEqualTo(4);
  }

  @Test
  void scanRefusesDirectionsThatDoNotFitEachOther() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SelectiveScanArguments(List.of(), null, Merge.SUM, true))
        .withMessage("a scan needs at least one direction");
    ScanDirection direction = direction(2, 5, 4);
    for (ScanDirection other :
        List.of(direction(3, 5, 4), direction(2, 6, 4), direction(2, 5, 3))) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> new SelectiveScanArguments(List.of(direction, other), null, Merge.SUM, true))
          .withMessage(
              "u of direction 1 must be (2, 5, 4), but is %s", other.u().array().getShape());
    }
  }

  @Test
  void scanRefusesAGateThatDoesNotFit() {
    ScanDirection direction = direction(2, 5, 4);
    for (Columns gate : List.of(columns(2, 5, 3), columns(2, 6, 4), columns(1, 5, 4))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new SelectiveScanArguments(List.of(direction), gate, Merge.SUM, true))
          .withMessage("the gate must be (2, 5, 4), but is %s", gate.array().getShape());
    }
  }

  private ScanDirection direction(int batch, int length, int channels) {
    Columns u = columns(batch, length, channels);
    Columns b = columns(batch, length, 2);
    NDArray decay = manager.zeros(new Shape(channels, 2));
    return new ScanDirection(ScanPath.raster(length), u, u, b, b, decay, null, null);
  }

  @Test
  void convolutionNamesTheOperandThatDoesNotFit() {
    NDArray weight = manager.zeros(new Shape(4, 3));
    for (Shape shape :
        List.of(new Shape(3, 4), new Shape(4), new Shape(4, 2, 3), new Shape(4, 0))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new CausalConv1dArguments(PATH, tokens, manager.zeros(shape), null))
          .withMessage("the weight must be (4, taps), but is %s", shape);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new CausalConv1dArguments(PATH, tokens, weight, manager.zeros(new Shape(3))))
        .withMessage("the bias must be (4), but is (3)");
    for (ScanPath path : List.of(ScanPath.raster(4), ScanPath.of(5, 0, 1, 2, 3))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new CausalConv1dArguments(path, tokens, weight, vector))
          .withMessage("the path must visit each of the 5 tokens, but is %s", path);
    }
  }

  @Test
  void convolutionTakesFiltersWithAndWithoutTheMiddleAxis() {
    NDArray weight = manager.zeros(new Shape(4, 3));
    CausalConv1dArguments plain = new CausalConv1dArguments(PATH, tokens, weight, null);
    assertThat(plain.taps()).isEqualTo(3);
    assertThat(plain.channels()).isEqualTo(4);
    assertThat(plain.arrays()).containsExactly(tokens.array(), weight);
    NDArray published = manager.zeros(new Shape(4, 1, 2));
    CausalConv1dArguments biased = new CausalConv1dArguments(PATH, tokens, published, vector);
    assertThat(biased.taps()).isEqualTo(2);
    assertThat(biased.arrays()).containsExactly(tokens.array(), published, vector);
  }

  private Columns columns(int batch, int length, int width) {
    return Columns.all(manager.zeros(new Shape(batch, length, width)));
  }
}
