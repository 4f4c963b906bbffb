package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.DirectionalDerivative;
import dev.visionmamba.scans.Doubles;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The engine of DJL operations against a loop in double precision, and what it leaves behind. */
class NDArrayEngineTest {
  private static final NDArrayEngine ENGINE = new NDArrayEngine();
  private static final int CHUNK = NDArrayEngine.CHUNK;
  private static final int BATCH = 2;

  private NDManager manager;
  private Doubles random;

  @BeforeEach
  void createManager() {
    manager = NDManager.newBaseManager();
    random = new Doubles(manager, 3);
  }

  @AfterEach
  void closeManager() {
    manager.close();
  }

  /** u, delta, B, C, A, D and the bias of delta, in float64. */
  private NDList operands(int length, int channels, int groups, int states) {
    return new NDList(
        random.array(-1, 1, BATCH, length, channels),
        random.array(-3, 1, BATCH, length, channels),
        random.array(-1, 1, BATCH, length, groups * states),
        random.array(-1, 1, BATCH, length, groups * states),
        random.array(-4, 0, channels, states),
        random.array(-1, 1, channels),
        random.array(-1, 1, channels));
  }

  private static SelectiveScanArguments scan(ScanPath path, NDList operands, int groups) {
    ScanDirection direction =
        new ScanDirection(
            path,
            path,
            Columns.all(operands.get(0)),
            Columns.all(operands.get(1)),
            Columns.all(operands.get(2)),
            Columns.all(operands.get(3)),
            operands.get(4),
            operands.get(5),
            operands.get(6),
            groups);
    return new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
  }

  /** The recurrence, step by step: y (B, L, D) and the last state (B, D, N). */
  private static double[][] stepByStep(ScanPath path, NDList operands, int groups) {
    double[][] in = operands.stream().map(Doubles::elements).toArray(double[][]::new);
    int channels = (int) operands.get(4).getShape().get(0);
    int states = (int) operands.get(4).getShape().get(1);
    double[] h = new double[BATCH * channels * states];
    double[] y = new double[BATCH * path.tokens() * channels];
    for (int batch = 0; batch < BATCH; batch++) {
      for (int t = 0; t < path.steps(); t++) {
        int token = batch * path.tokens() + path.token(t);
        for (int i = 0; i < channels; i++) {
          int at = token * channels + i;
          double delta = Math.log1p(Math.exp(in[1][at] + in[6][i]));
          y[at] = in[5][i] * in[0][at];
          for (int n = 0; n < states; n++) {
            int state = (batch * channels + i) * states + n;
            int g = (token * groups + i / (channels / groups)) * states + n;
            h[state] =
                Math.exp(delta * in[4][i * states + n]) * h[state] + delta * in[2][g] * in[0][at];
            y[at] += in[3][g] * h[state];
          }
        }
      }
    }
    return new double[][] {y, h};
  }

  private static void assertIsRecurrence(ScanPath path, NDList operands, int groups) {
    double[][] expected = stepByStep(path, operands, groups);
    try (GradientMode off = GradientMode.off()) {
      ScanResult result = ENGINE.selectiveScan(scan(path, operands, groups), true);
      assertThat(result.output().getDataType()).isEqualTo(DataType.FLOAT64);
      Doubles.check(result.output(), expected[0], 1e-11);
      NDArray state = result.lastStates().get(0);
      assertThat(state.getShape()).isEqualTo(new Shape(BATCH).addAll(operands.get(4).getShape()));
      Doubles.check(state, expected[1], 1e-11);
    }
  }

  @Test
  void lengthsAroundTheChunkAreTheRecurrence() {
    for (int length :
        new int[] {1, 7, 8, 9, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 8, 2 * CHUNK + 3}) {
      assertIsRecurrence(ScanPath.raster(length), operands(length, 6, 2, 3), 2);
      assertIsRecurrence(ScanPath.raster(length).reversed(), operands(length, 5, 1, 2), 1);
    }
  }

  @Test
  void wideScansInShorterChunksAreTheRecurrence() {
    for (int length : new int[] {47, 48, 49, 99}) {
      assertIsRecurrence(ScanPath.raster(length), operands(length, 64, 1, 40), 1);
    }
    assertIsRecurrence(ScanPath.raster(19), operands(19, 512, 4, 33), 4);
  }

  @Test
  void tokensThatAPathLeavesOutAreZero() {
    ScanPath path = ScanPath.of(12, 3, 11, 0, 7, 8, 2, 10, 9, 1);
    assertIsRecurrence(path, operands(12, 4, 1, 3), 1);
  }

  @Test
  void gradientsAcrossChunksAreThoseOfSmallSteps() {
    for (int length : new int[] {2, 9, CHUNK + 1, 2 * CHUNK + 11}) {
      for (ScanPath path : List.of(ScanPath.raster(length), ScanPath.raster(length).reversed())) {
        DirectionalDerivative.check(
            operands(length, 4, 2, 3),
            arrays -> {
              ScanResult result = ENGINE.selectiveScan(scan(path, arrays, 2), true);
              return new NDList(result.output(), result.lastStates().get(0));
            },
            random);
      }
    }
  }

  @Test
  void convolutionGradientsAreThoseOfSmallSteps() {
    ScanPath path = ScanPath.raster(9).reversed();
    DirectionalDerivative.check(
        new NDList(
            random.array(-1, 1, BATCH, 9, 5), random.array(-1, 1, 5, 4), random.array(-1, 1, 5)),
        arrays ->
            new NDList(
                ENGINE.causalConv1d(
                    new CausalConv1dArguments(
                        path, Columns.all(arrays.get(0)), arrays.get(1), arrays.get(2)))),
        random);
  }

  @Test
  void nothingButTheResultsStays() {
    int length = CHUNK + 9;
    NDList operands = operands(length, 6, 2, 3);
    NDArray weight = random.array(-1, 1, 6, 4);
    try (NDManager parameters = NDManager.newBaseManager();
        NDManager inputs = NDManager.newBaseManager()) {
      operands.subNDList(4).attach(parameters);
      weight.attach(parameters);
      operands.head().attach(inputs);
      int others = manager.getManagedArrays().size();
      for (boolean training : new boolean[] {false, true}) {
        operands.forEach(array -> array.setRequiresGradient(training));
        weight.setRequiresGradient(training);
        try (GradientMode mode = GradientMode.set(training)) {
          ENGINE.selectiveScan(scan(ScanPath.raster(length).reversed(), operands, 2), true);
          ENGINE.causalConv1d(
              new CausalConv1dArguments(
                  ScanPath.raster(length), Columns.all(operands.get(0)), weight, operands.get(5)));
        }
        assertThat(parameters.getManagedArrays()).hasSize(4);
        assertThat(manager.getManagedArrays()).hasSize(others);
        assertThat(inputs.getManagedArrays()).hasSize(training ? 7 : 4);
      }
    }
  }

  /** The states of all tokens at once would take 128 MiB a copy. */
  @Test
  void memoryIsThatOfAChunk() throws IOException {
    Path peak = Path.of("/proc/self/clear_refs");
    assumeTrue(Files.isWritable(peak), "the peak of resident memory can be reset");
    int length = 1 << 15;
    try (GradientMode off = GradientMode.off()) {
      Columns tokens = Columns.all(manager.ones(new Shape(1, length, 64)));
      Columns states = Columns.all(manager.ones(new Shape(1, length, 16)));
      NDArray a = manager.ones(new Shape(64, 16)).neg();
      ScanDirection direction =
          new ScanDirection(ScanPath.raster(length), tokens, tokens, states, states, a, null, null);
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(List.of(direction), null, Merge.SUM, false);
      Files.writeString(peak, "5");
      long before = residentKilobytes("VmRSS");
      ENGINE.selectiveScan(arguments, false);
      assertThat(residentKilobytes("VmHWM") - before).isLessThan(2 * 128 * 1024);
    }
  }

  private static long residentKilobytes(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
