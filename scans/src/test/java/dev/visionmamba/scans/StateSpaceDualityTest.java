package dev.visionmamba.scans;

import static dev.visionmamba.scans.Doubles.elements;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State-space duality against explicit loops in double precision. */
class StateSpaceDualityTest {
  private static final int BATCH = 2;
  private static final int HEADS = 6;
  private static final int WIDTH = 3; // P
  private static final int STATES = 4;

  private NDManager manager;
  private Doubles random;

  @BeforeEach
  void createManager() {
    manager = NDManager.newBaseManager();
    random = new Doubles(manager, 1);
  }

  @AfterEach
  void closeManager() {
    manager.close();
  }

  private StateSpaceDualityArguments operands(int length, int groups, ScanPath path, int block) {
    return new StateSpaceDualityArguments(
        path,
        random.array(-1, 1, BATCH, length, HEADS, WIDTH),
        random.array(-1, 0, BATCH, length, HEADS),
        random.array(-1, 1, BATCH, length, groups, STATES),
        random.array(-1, 1, BATCH, length, groups, STATES),
        random.array(-1, 1, BATCH, HEADS, WIDTH, STATES),
        block);
  }

  private static StateSpaceDualityArguments inBlocks(StateSpaceDualityArguments from, int block) {
    return new StateSpaceDualityArguments(
        from.path(), from.x(), from.a(), from.b(), from.c(), from.initialState(), block);
  }

  private static StateSpaceDualityArguments inFloat32(StateSpaceDualityArguments from) {
    return new StateSpaceDualityArguments(
        from.path(),
        from.x().toType(DataType.FLOAT32, true),
        from.a().toType(DataType.FLOAT32, true),
        from.b().toType(DataType.FLOAT32, true),
        from.c().toType(DataType.FLOAT32, true),
        from.initialState().toType(DataType.FLOAT32, true),
        from.blockLength());
  }

  /** The recurrence, step by step: y (B, L, H, P) and the last state (B, H, P, N). */
  private static double[][] stepByStep(StateSpaceDualityArguments operands) {
    int length = (int) operands.x().getShape().get(1);
    int groups = (int) operands.b().getShape().get(2);
    double[] x = elements(operands.x());
    double[] a = elements(operands.a());
    double[] b = elements(operands.b());
    double[] c = elements(operands.c());
    double[] state =
        operands.initialState() == null
            ? new double[BATCH * HEADS * WIDTH * STATES]
            : elements(operands.initialState());
    double[] y = new double[x.length];
    for (int batch = 0; batch < BATCH; batch++) {
      for (int t = 0; t < operands.path().steps(); t++) {
        int token = batch * length + operands.path().token(t);
        for (int head = 0; head < HEADS; head++) {
          int group = head / (HEADS / groups);
          double decay = Math.exp(a[token * HEADS + head]);
          for (int p = 0; p < WIDTH; p++) {
            int at = (token * HEADS + head) * WIDTH + p;
            for (int n = 0; n < STATES; n++) {
              int h = ((batch * HEADS + head) * WIDTH + p) * STATES + n;
              int g = (token * groups + group) * STATES + n;
              state[h] = decay * state[h] + x[at] * b[g];
              y[at] += state[h] * c[g];
            }
          }
        }
      }
    }
    return new double[][] {y, state};
  }

  private static void assertIsRecurrence(StateSpaceDualityArguments operands, double tolerance) {
    double[][] expected = stepByStep(operands);
    StateSpaceDuality.Result result = StateSpaceDuality.forwardWithLastState(operands);
    assertThat(result.output().getShape()).isEqualTo(operands.x().getShape());
    assertThat(result.output().getDataType()).isEqualTo(operands.x().getDataType());
    Doubles.check(result.output(), expected[0], tolerance);
    assertThat(result.lastState().getShape()).isEqualTo(new Shape(BATCH, HEADS, WIDTH, STATES));
    Doubles.check(result.lastState(), expected[1], tolerance);
    Doubles.check(StateSpaceDuality.forward(operands), expected[0], tolerance);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 131})
  void anyLengthIsTheRecurrence(int length) {
    for (int groups : new int[] {1, 2, 6}) {
      StateSpaceDualityArguments operands = operands(length, groups, null, 64);
      assertIsRecurrence(operands, 1e-12);
      assertIsRecurrence(inFloat32(operands), 1e-5);
      assertIsRecurrence(
          new StateSpaceDualityArguments(operands.x(), operands.a(), operands.b(), operands.c()),
          1e-12);
    }
  }

  @Test
  void theBlockLengthChangesNothing() {
    int length = 70;
    StateSpaceDualityArguments operands = operands(length, 2, null, 64);
    for (int block : new int[] {1, 7, 64, length, length + 5}) {
      assertIsRecurrence(inBlocks(operands, block), 1e-12);
    }
  }

  @Test
  void tokensFollowEachOtherAlongThePath() {
    assertIsRecurrence(operands(9, 2, ScanPath.raster(9).reversed(), 4), 1e-12);
    assertIsRecurrence(operands(9, 3, ScanPath.of(9, 4, 0, 8, 2, 6, 1, 5, 7, 3), 4), 1e-12);
    ScanPath partial = ScanPath.of(9, 4, 0, 8, 2, 6);
    StateSpaceDualityArguments operands = operands(9, 1, partial, 4);
    assertIsRecurrence(operands, 1e-12);
    assertThat(elements(StateSpaceDuality.forward(operands).get(":, 1"))).containsOnly(0.0);
  }

  @Test
  void gradientsAreThoseOfSmallSteps() {
    for (ScanPath path : new ScanPath[] {null, ScanPath.of(11, 4, 0, 8, 2, 6, 10, 9)}) {
      StateSpaceDualityArguments operands = operands(11, 2, path, 4);
      DirectionalDerivative.check(
          new NDList(
              operands.x(), operands.a(), operands.b(), operands.c(), operands.initialState()),
          arrays -> {
            StateSpaceDuality.Result result =
                StateSpaceDuality.forwardWithLastState(
                    new StateSpaceDualityArguments(
                        path,
                        arrays.get(0),
                        arrays.get(1),
                        arrays.get(2),
                        arrays.get(3),
                        arrays.get(4),
                        4));
            return new NDList(result.output(), result.lastState());
          },
          random);
    }
  }

  @Test
  void strongDecayForgetsAndWeakDecayBesideItIsKept() {
    int length = 70;
    StateSpaceDualityArguments drawn = operands(length, 2, null, 64);
    double[] decay = elements(drawn.a());
    for (int i = 0; i < decay.length; i++) {
      decay[i] = i / HEADS % 10 < 7 ? -1600 : 0.01 * decay[i]; // by token
    }
    StateSpaceDualityArguments operands =
        inFloat32(
            new StateSpaceDualityArguments(
                null,
                drawn.x(),
                manager.create(decay, drawn.a().getShape()),
                drawn.b(),
                drawn.c(),
                drawn.initialState(),
                64));
    assertIsRecurrence(operands, 1e-5);
    NDList arrays =
        new NDList(operands.x(), operands.a(), operands.b(), operands.c(), operands.initialState());
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      arrays.forEach(array -> array.setRequiresGradient(true));
      collector.backward(StateSpaceDuality.forward(operands).sum());
    }
    for (NDArray array : arrays) {
      for (float gradient : array.getGradient().toFloatArray()) {
        assertThat(gradient).isFinite();
      }
    }
  }

  @Test
  void nothingButTheResultsStays() {
    for (boolean training : new boolean[] {false, true}) {
      StateSpaceDualityArguments operands = operands(9, 2, ScanPath.raster(9).reversed(), 4);
      NDArray d = random.array(-1, 1, HEADS);
      NonCausalDualityArguments nonCausal =
          new NonCausalDualityArguments(
              operands.x(), operands.a().neg(), operands.b(), operands.c(), d);
      operands.x().setRequiresGradient(training);
      d.setRequiresGradient(training);
      try (GradientMode mode = GradientMode.set(training);
          NDManager inputs = NDManager.newBaseManager()) {
        operands.x().attach(inputs);
        int others = manager.getManagedArrays().size();
        StateSpaceDuality.forward(operands);
        assertThat(inputs.getManagedArrays()).hasSize(2);
        StateSpaceDuality.forwardWithLastState(operands);
        assertThat(inputs.getManagedArrays()).hasSize(4);
        StateSpaceDuality.nonCausal(nonCausal);
        assertThat(inputs.getManagedArrays()).hasSize(5);
        NDArray hidden = StateSpaceDuality.gather(operands.x(), operands.b());
        StateSpaceDuality.read(hidden, operands.c());
        assertThat(inputs.getManagedArrays()).hasSize(7);
        assertThat(manager.getManagedArrays()).hasSize(others);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6})
  void nonCausalTokensShareTheirHiddenStates(int groups) {
    int length = 11;
    NDArray x = random.array(-1, 1, BATCH, length, HEADS, WIDTH);
    NDArray b = random.array(-1, 1, BATCH, length, groups, STATES);
    NDArray c = random.array(-1, 1, BATCH, length, groups, STATES);
    NDArray hidden = StateSpaceDuality.gather(x, b);
    assertThat(hidden.getShape()).isEqualTo(new Shape(BATCH, HEADS, STATES, WIDTH));
    NDArray y = StateSpaceDuality.read(hidden, c);
    assertThat(y.getShape()).isEqualTo(x.getShape());
    double[] h = new double[BATCH * HEADS * STATES * WIDTH];
    double[] read = new double[BATCH * length * HEADS * WIDTH];
    for (boolean reading : new boolean[] {false, true}) {
      for (int batch = 0; batch < BATCH; batch++) {
        for (int l = 0; l < length; l++) {
          for (int head = 0; head < HEADS; head++) {
            int group = head * groups / HEADS;
            for (int n = 0; n < STATES; n++) {
              for (int p = 0; p < WIDTH; p++) {
                int state = ((batch * HEADS + head) * STATES + n) * WIDTH + p;
                int token = ((batch * length + l) * HEADS + head) * WIDTH + p;
                if (reading) {
                  read[token] += h[state] * c.getDouble(batch, l, group, n);
                } else {
                  h[state] += b.getDouble(batch, l, group, n) * x.getDouble(batch, l, head, p);
                }
              }
            }
          }
        }
      }
    }
    Doubles.check(hidden, h, 1e-12);
    Doubles.check(y, read, 1e-12);
  }

  /** VSSD: every head reads the same B and C, and tokens weigh dt exp(A_log). */
  @Test
  void nonCausalIsTheMixerOfVssd() {
    int length = 12;
    NDArray x = random.array(-1, 1, BATCH, length, HEADS, WIDTH);
    NDArray dt = random.array(0.1, 1, BATCH, length, HEADS);
    NDArray logA = random.array(-1, 1, HEADS);
    NDArray b = random.array(-1, 1, BATCH, length, STATES);
    NDArray c = random.array(-1, 1, BATCH, length, STATES);
    NDArray d = random.array(-1, 1, HEADS);
    NDArray y =
        StateSpaceDuality.nonCausal(
            new NonCausalDualityArguments(
                x, dt.mul(logA.exp()), b.expandDims(2), c.expandDims(2), d));
    double[] expected = new double[BATCH * length * HEADS * WIDTH];
    for (int batch = 0; batch < BATCH; batch++) {
      for (int i = 0; i < length; i++) {
        for (int head = 0; head < HEADS; head++) {
          for (int p = 0; p < WIDTH; p++) {
            int at = ((batch * length + i) * HEADS + head) * WIDTH + p;
            expected[at] = d.getDouble(head) * x.getDouble(batch, i, head, p);
            for (int j = 0; j < length; j++) {
              double score = 0;
              for (int n = 0; n < STATES; n++) {
                score += c.getDouble(batch, i, n) * b.getDouble(batch, j, n);
              }
              double weight = dt.getDouble(batch, j, head) * Math.exp(logA.getDouble(head));
              expected[at] += score * weight * x.getDouble(batch, j, head, p);
            }
          }
        }
      }
    }
    Doubles.check(y, expected, 1e-12);
    NDArray withoutSkip =
        StateSpaceDuality.nonCausal(
            new NonCausalDualityArguments(
                x, dt.mul(logA.exp()), b.expandDims(2), c.expandDims(2), null));
    Doubles.check(withoutSkip.add(x.mul(d.expandDims(1))), expected, 1e-12);
  }

  /** HSM-SSD: one head, tokens weighed by softmax for each state, hidden states mixed. */
  @Test
  void theTwoHalvesAreTheMixerOfEfficientVim() {
    int length = 12;
    int channels = 5;
    NDArray x = random.array(-1, 1, BATCH, length, channels);
    NDArray b = random.array(-1, 1, BATCH, length, STATES);
    NDArray c = random.array(-1, 1, BATCH, length, STATES);
    NDArray dt = random.array(-1, 1, BATCH, length, STATES);
    NDArray a = random.array(-1, 1, STATES);
    NDArray mix = random.array(-1, 1, channels, channels);
    NDArray weighted = b.mul(dt.add(a).softmax(1));
    NDArray hidden =
        StateSpaceDuality.gather(x.expandDims(2), weighted.expandDims(2)); // (B, 1, N, C)
    NDArray y = StateSpaceDuality.read(hidden.matMul(mix), c.expandDims(2)); // (B, L, 1, C)
    double[] expected = new double[BATCH * length * channels];
    for (int batch = 0; batch < BATCH; batch++) {
      for (int n = 0; n < STATES; n++) {
        double sum = 0;
        double[] h = new double[channels];
        for (int l = 0; l < length; l++) {
          double weight = Math.exp(dt.getDouble(batch, l, n) + a.getDouble(n));
          sum += weight;
          for (int channel = 0; channel < channels; channel++) {
            h[channel] += weight * b.getDouble(batch, l, n) * x.getDouble(batch, l, channel);
          }
        }
        for (int channel = 0; channel < channels; channel++) {
          double mixed = 0;
          for (int from = 0; from < channels; from++) {
            mixed += h[from] / sum * mix.getDouble(from, channel);
          }
          for (int l = 0; l < length; l++) {
            expected[(batch * length + l) * channels + channel] += mixed * c.getDouble(batch, l, n);
          }
        }
      }
    }
    Doubles.check(y, expected, 1e-12);
  }

  @Test
  void nonCausalGradientsAreThoseOfSmallSteps() {
    DirectionalDerivative.check(
        new NDList(
            random.array(-1, 1, BATCH, 7, HEADS, WIDTH),
            random.array(0, 1, BATCH, 7, HEADS),
            random.array(-1, 1, BATCH, 7, 2, STATES),
            random.array(-1, 1, BATCH, 7, 2, STATES),
            random.array(-1, 1, HEADS)),
        arrays ->
            new NDList(
                StateSpaceDuality.nonCausal(
                    new NonCausalDualityArguments(
                        arrays.get(0),
                        arrays.get(1),
                        arrays.get(2),
                        arrays.get(3),
                        arrays.get(4)))),
        random);
  }

  @Test
  void anEmptyBatchGivesEmptyResults() {
    NDArray x = zeros(0, 5, 6, 3);
    NDArray a = zeros(0, 5, 6);
    NDArray b = zeros(0, 5, 2, 4);
    StateSpaceDuality.Result result =
        StateSpaceDuality.forwardWithLastState(
            new StateSpaceDualityArguments(null, x, a, b, b, null, 2));
    assertThat(result.output().getShape()).isEqualTo(x.getShape());
    assertThat(result.lastState().getShape()).isEqualTo(new Shape(0, 6, 3, 4));
    NonCausalDualityArguments nonCausal = new NonCausalDualityArguments(x, a, b, b, zeros(6));
    assertThat(StateSpaceDuality.nonCausal(nonCausal).getShape()).isEqualTo(x.getShape());
  }

  @Test
  void causalOperandsThatDoNotFitAreNamed() {
    NDArray x = zeros(2, 5, 6, 3);
    NDArray a = zeros(2, 5, 6);
    NDArray b = zeros(2, 5, 2, 4);
    for (Shape shape : List.of(new Shape(2, 5, 18), new Shape(2, 0, 6, 3), new Shape(2, 5, 6, 0))) {
      assertRefused(
          "x must be (B, L, H, P) with no empty axis but B, but is " + shape,
          () -> new StateSpaceDualityArguments(zeros(shape.getShape()), a, b, b));
    }
    for (Shape shape : List.of(new Shape(2, 5), new Shape(2, 5, 6, 1), new Shape(2, 4, 6))) {
      assertRefused(
          "a must be (2, 5, 6), but is " + shape,
          () -> new StateSpaceDualityArguments(x, zeros(shape.getShape()), b, b));
    }
    for (Shape shape :
        List.of(
            new Shape(2, 5, 4),
            new Shape(3, 5, 2, 4),
            new Shape(2, 4, 2, 4),
            new Shape(2, 5, 4, 4),
            new Shape(2, 5, 12, 4),
            new Shape(2, 5, 2, 0))) {
      assertRefused(
          "B must be (2, 5, G, N) with G a divisor of 6, but is " + shape,
          () -> new StateSpaceDualityArguments(x, a, zeros(shape.getShape()), b));
    }
    assertRefused(
        "C must be (2, 5, 2, 4), but is (2, 5, 1, 4)",
        () -> new StateSpaceDualityArguments(x, a, b, zeros(2, 5, 1, 4)));
    assertRefused(
        "the initial state must be (2, 6, 3, 4), but is (2, 1, 6, 3, 4)",
        () -> new StateSpaceDualityArguments(null, x, a, b, b, zeros(2, 1, 6, 3, 4), 64));
    assertRefused(
        "the path must be over 5 tokens, but is ScanPath(4 steps over 4 tokens)",
        () -> new StateSpaceDualityArguments(ScanPath.raster(4), x, a, b, b, null, 64));
    assertRefused(
        "the block length must be at least 1, but is 0",
        () -> new StateSpaceDualityArguments(null, x, a, b, b, null, 0));
  }

  @Test
  void typesThatDoNotFitAreNamed() {
    NDArray x = zeros(2, 5, 6, 3);
    NDArray a = zeros(2, 5, 6);
    NDArray b = zeros(2, 5, 2, 4);
    NDArray state = zeros(2, 6, 3, 4);
    assertRefused(
        "x must be of a floating-point type, but is int32",
        () -> new StateSpaceDualityArguments(x.toType(DataType.INT32, true), a, b, b));
    assertRefused(refusedType("a", "x"), () -> new StateSpaceDualityArguments(x, wide(a), b, b));
    assertRefused(refusedType("B", "x"), () -> new StateSpaceDualityArguments(x, a, wide(b), b));
    assertRefused(refusedType("C", "x"), () -> new StateSpaceDualityArguments(x, a, b, wide(b)));
    assertRefused(
        refusedType("the initial state", "x"),
        () -> new StateSpaceDualityArguments(null, x, a, b, b, wide(state), 64));
    assertRefused(
        refusedType("C", "the hidden states"),
        () -> StateSpaceDuality.read(zeros(2, 6, 4, 3), wide(b)));
  }

  @Test
  void nonCausalOperandsThatDoNotFitAreNamed() {
    NDArray x = zeros(2, 5, 6, 3);
    NDArray weight = zeros(2, 5, 6);
    NDArray b = zeros(2, 5, 2, 4);
    NDArray d = zeros(6);
    assertRefused(
        "the weight must be (2, 5, 6), but is (2, 6, 5)",
        () -> new NonCausalDualityArguments(x, zeros(2, 6, 5), b, b, d));
    assertRefused(
        "B must be (2, 5, G, N) with G a divisor of 6, but is (2, 5, 4)",
        () -> new NonCausalDualityArguments(x, weight, zeros(2, 5, 4), b, d));
    assertRefused(
        "C must be (2, 5, 2, 4), but is (2, 5, 2, 3)",
        () -> new NonCausalDualityArguments(x, weight, b, zeros(2, 5, 2, 3), d));
    assertRefused(
        "D must be (6), but is (18)",
        () -> new NonCausalDualityArguments(x, weight, b, b, zeros(18)));
    assertRefused(
        refusedType("D", "x"), () -> new NonCausalDualityArguments(x, weight, b, b, wide(d)));
    assertRefused(
        "B must be (2, 5, G, N) with G a divisor of 6, but is (2, 4, 2, 4)",
        () -> StateSpaceDuality.gather(x, zeros(2, 4, 2, 4)));
    assertRefused(
        "the hidden states must be (B, H, N, P) with no empty axis but B, but is (2, 4, 3)",
        () -> StateSpaceDuality.read(zeros(2, 4, 3), b));
    for (Shape shape :
        List.of(new Shape(3, 5, 2, 4), new Shape(2, 5, 4, 4), new Shape(2, 5, 2, 3))) {
      assertRefused(
          "C must be (2, L, G, 4) with G a divisor of 6, but is " + shape,
          () -> StateSpaceDuality.read(zeros(2, 6, 4, 3), zeros(shape.getShape())));
    }
  }

  private static String refusedType(String name, String model) {
    return name
        + " must be float32 on cpu() as "
        + model
        + " is, but is float64 on cpu(); convert it with toType or toDevice";
  }

  @Test
  void missingAndClosedOperandsAreNamed() {
    List<String> names = List.of("x", "a", "B", "C", "the initial state", "the weight", "D");
    for (String name : names) {
      NDArray[] arrays = {
        zeros(2, 5, 6, 3),
        zeros(2, 5, 6),
        zeros(2, 5, 2, 4),
        zeros(2, 5, 2, 4),
        zeros(2, 6, 3, 4),
        zeros(2, 5, 6),
        zeros(6)
      };
      int which = names.indexOf(name);
      boolean causal = which < 5;
      StateSpaceDualityArguments first = causal(arrays);
      NonCausalDualityArguments second = nonCausal(arrays);
      arrays[which].close();
      String message = name + " must be open, but its array has been closed";
      if (causal) {
        assertRefused(message, () -> causal(arrays));
        assertRefused(message, () -> StateSpaceDuality.forward(first));
        assertRefused(message, () -> StateSpaceDuality.forwardWithLastState(first));
      }
      if (!List.of("a", "the initial state").contains(name)) {
        assertRefused(message, () -> nonCausal(arrays));
        assertRefused(message, () -> StateSpaceDuality.nonCausal(second));
      }
      arrays[which] = null;
      if (List.of("x", "a", "B", "C").contains(name)) {
        assertThatNullPointerException().isThrownBy(() -> causal(arrays)).withMessage(name);
      }
      if (List.of("x", "the weight", "B", "C").contains(name)) {
        assertThatNullPointerException().isThrownBy(() -> nonCausal(arrays)).withMessage(name);
      }
    }
  }

  private static StateSpaceDualityArguments causal(NDArray... arrays) {
    return new StateSpaceDualityArguments(
        null, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], 64);
  }

  private static NonCausalDualityArguments nonCausal(NDArray... arrays) {
    return new NonCausalDualityArguments(arrays[0], arrays[5], arrays[2], arrays[3], arrays[6]);
  }

  private NDArray zeros(long... shape) {
    return manager.zeros(new Shape(shape));
  }

  private static NDArray wide(NDArray array) {
    return array.toType(DataType.FLOAT64, true);
  }

  private static void assertRefused(String message, Runnable construction) {
    assertThatIllegalArgumentException().isThrownBy(construction::run).withMessage(message);
  }
}
