package dev.visionmamba.heads.restoration.mambairv2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Masks of shifted windows, by the definition: which part of the map each token comes from. */
class WindowsTest {
  private static final int SIZE = 4;
  private static final int TOKENS = SIZE * SIZE;
  private static final int HEADS = 2;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(6);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private Windows windows(long height, long width, DataType type) {
    return Windows.of(manager.zeros(new Shape(1, height, width, 1), type), SIZE);
  }

  /** Swin's regions: a token of a shifted window comes from the map's end, or from its start. */
  private static int region(int offset, boolean last) {
    return last && offset >= SIZE - SIZE / 2 ? 1 : 0;
  }

  @ParameterizedTest
  @CsvSource({"1, false", "1, true", "2, false", "2, true", "5, false", "5, true"})
  void tokensOfOppositeEndsAreApart(int across, boolean lastRow) {
    NDArray scores = manager.randomNormal(new Shape(2, across, HEADS, TOKENS, TOKENS));
    float[] before = scores.toFloatArray();
    try (Windows windows = windows(2 * SIZE, (long) across * SIZE, DataType.FLOAT32)) {
      float[] training = windows.masked(scores, lastRow, true).toFloatArray();
      assertThat(scores.toFloatArray()).isEqualTo(before);
      float[] prediction = windows.masked(scores, lastRow, false).toFloatArray();
      assertThat(prediction).isEqualTo(training);
      for (int at = 0; at < before.length; at++) {
        int i = at / TOKENS % TOKENS;
        int j = at % TOKENS;
        boolean lastColumn = at / (HEADS * TOKENS * TOKENS) % across == across - 1;
        boolean apart =
            region(i / SIZE, lastRow) != region(j / SIZE, lastRow)
                || region(i % SIZE, lastColumn) != region(j % SIZE, lastColumn);
        assertThat(prediction[at] - before[at]).isCloseTo(apart ? -100f : 0f, within(1e-4f));
      }
    }
  }

  /** Only what differs is kept, however many windows there are. */
  @Test
  void masksDoNotGrowWithTheMap() {
    try (Windows small = windows(SIZE, SIZE, DataType.FLOAT64);
        Windows large = windows(3 * SIZE, 500 * SIZE, DataType.FLOAT64)) {
      assertThat(numbers(large)).isEqualTo(numbers(small)).isEqualTo(4L * TOKENS * TOKENS);
      assertThat(large.corner().getDataType()).isEqualTo(DataType.FLOAT64);
    }
  }

  private static long numbers(Windows windows) {
    return Stream.of(windows.positions(), windows.right(), windows.bottom(), windows.corner())
        .mapToLong(NDArray::size)
        .sum();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "2, 1", "3, 4"})
  void trainingAttendsAsPredictionDoes(int down, int across) {
    WindowAttention attention = new WindowAttention(6, SIZE, HEADS);
    attention.initialize(manager, DataType.FLOAT32, new Shape(1));
    ParameterStore store = new ParameterStore(manager, false);
    NDArray qkv = manager.randomNormal(new Shape(2, (long) down * SIZE, (long) across * SIZE, 18));
    try (GradientMode off = GradientMode.off();
        Windows windows = Windows.of(qkv, SIZE)) {
      for (boolean shifted : new boolean[] {false, true}) {
        float[] training = attention.forward(store, qkv, windows, shifted, true).toFloatArray();
        assertThat(attention.forward(store, qkv, windows, shifted, false).toFloatArray())
            .isEqualTo(training);
      }
    }
  }
}
