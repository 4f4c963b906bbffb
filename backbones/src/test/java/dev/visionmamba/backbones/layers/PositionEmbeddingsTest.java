package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PositionEmbeddingsTest {
  private final NDManager manager = NDManager.newBaseManager();

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void halvingIsPyTorchsPlainBicubic() {
    NDArray grid = manager.arange(16f).reshape(1, 16, 1);
    assertThat(PositionEmbeddings.resize(manager, grid, 0, 4, 4, 2, 2).toFloatArray())
        .containsExactly(new float[] {2.03125f, 4.21875f, 10.78125f, 12.96875f}, within(1e-5f));
  }

  @ParameterizedTest(name = "{0}x{1} to {2}x{3}")
  @CsvSource({
    "2, 2, 4, 4",
    "4, 4, 2, 2",
    "1, 1, 3, 3",
    "5, 3, 4, 7",
    "14, 14, 9, 20",
    "14, 14, 27, 27"
  })
  void equalsTheSixteenTapSum(int fromHeight, int fromWidth, int toHeight, int toWidth) {
    int channels = 3;
    Random random = new Random(fromHeight * 31L + toWidth);
    double[][][] grid = new double[fromHeight][fromWidth][channels];
    float[] flat = new float[fromHeight * fromWidth * channels];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = random.nextFloat() - 0.5f;
      grid[i / channels / fromWidth][i / channels % fromWidth][i % channels] = flat[i];
    }
    double[][][] expected = NaiveBicubic.resize(grid, toHeight, toWidth);
    NDArray resized =
        PositionEmbeddings.resize(
            manager,
            manager.create(flat, new Shape(1, (long) fromHeight * fromWidth, channels)),
            0,
            fromHeight,
            fromWidth,
            toHeight,
            toWidth);
    assertThat(resized.getShape()).isEqualTo(new Shape(1, (long) toHeight * toWidth, channels));
    float[] actual = resized.toFloatArray();
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .isCloseTo(
              expected[i / channels / toWidth][i / channels % toWidth][i % channels], within(1e-6));
    }
  }

  @Test
  void theSameGridStaysAsItIs() {
    NDArray grid = manager.randomNormal(new Shape(1, 12, 5));
    assertThat(PositionEmbeddings.resize(manager, grid, 0, 3, 4, 3, 4).toFloatArray())
        .containsExactly(grid.toFloatArray(), within(1e-6f));
  }

  @Test
  void aConstantStaysConstant() {
    NDArray grid = manager.full(new Shape(1, 12, 2), 0.7f);
    float[] resized = PositionEmbeddings.resize(manager, grid, 0, 3, 4, 7, 2).toFloatArray();
    float[] constant = new float[28];
    Arrays.fill(constant, 0.7f);
    assertThat(resized).containsExactly(constant, within(1e-6f));
  }

  @Test
  void extraRowsAreKeptInFront() {
    NDArray extra = manager.create(new float[] {7, 8, 9, 10}, new Shape(1, 2, 2));
    NDArray grid = manager.randomNormal(new Shape(1, 6, 2));
    NDArray alone = PositionEmbeddings.resize(manager, grid, 0, 2, 3, 3, 3);
    NDArray both = PositionEmbeddings.resize(manager, extra.concat(grid, 1), 2, 2, 3, 3, 3);
    assertThat(both).isEqualTo(extra.concat(alone, 1));
  }

  @Test
  void theResultBelongsToTheGivenManager() {
    try (NDManager other = NDManager.newBaseManager()) {
      NDArray embeddings = other.ones(new Shape(1, 5, 2));
      assertThat(PositionEmbeddings.resize(manager, embeddings, 1, 2, 2, 3, 3).getManager())
          .isSameAs(manager);
      NDArray grid = other.ones(new Shape(1, 4, 2));
      assertThat(PositionEmbeddings.resize(manager, grid, 0, 2, 2, 3, 3).getManager())
          .isSameAs(manager);
    }
  }
}
