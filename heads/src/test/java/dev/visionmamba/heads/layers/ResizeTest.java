package dev.visionmamba.heads.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.heads.GoldenBlocks;
import dev.visionmamba.heads.GoldenTopic;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Resizing against PyTorch's results, and against the definition at sizes with several blocks. */
class ResizeTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(3);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Path> files() {
    return GoldenTopic.RESIZING.files(ResizeTest.class, "/golden-resample");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void pytorchAgrees(Path path) {
    GoldenFile file = GoldenFile.read(path);
    NDArray map = GoldenBlocks.create(manager, file.inputs().get("input")).transpose(0, 2, 3, 1);
    int checked = 0;
    for (GoldenOutput output : file.outputs().values()) {
      long height = output.shape()[2];
      long width = output.shape()[3];
      NDArray resized = null;
      if (output.name().matches("bilinear_(\\d+x\\d+|x2)")) {
        resized = Resize.bilinear(map, height, width);
      } else if (output.name().startsWith("nearest_")) {
        resized = Resize.nearest(map, height, width);
      } else if (output.name().startsWith("adaptive_avg_pool_")) {
        resized = Resize.adaptiveAverage(map, height, width);
      }
      if (resized != null) {
        assertThat(resized.getShape()).isEqualTo(new Shape(1, height, width, 4));
        output.check(resized.transpose(0, 3, 1, 2).toFloatArray(), 1e-6);
        checked++;
      }
    }
    assertThat(checked).isEqualTo(18);
  }

  /** The definition, pixel by pixel. */
  private static double bilinear(float[] map, int[] size, int b, double y, double x, int c) {
    int top = (int) y;
    int left = (int) x;
    double sum = 0;
    for (int dy = 0; dy < 2; dy++) {
      for (int dx = 0; dx < 2; dx++) {
        int row = Math.min(top + dy, size[1] - 1);
        int column = Math.min(left + dx, size[2] - 1);
        double weight = (dy == 0 ? 1 - (y - top) : y - top) * (dx == 0 ? 1 - (x - left) : x - left);
        sum += weight * map[((b * size[1] + row) * size[2] + column) * size[3] + c];
      }
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({"5, 6, 300, 280", "150, 140, 200, 7", "7, 131, 7, 390", "1, 1, 130, 2"})
  void severalBlocksAreOneMap(int height, int width, int newHeight, int newWidth) {
    int[] size = {2, height, width, 3};
    NDArray map = manager.randomNormal(new Shape(2, height, width, 3));
    float[] pixels = map.toFloatArray();
    float[] resized = Resize.bilinear(map, newHeight, newWidth).toFloatArray();
    float worst = 0;
    for (int i = 0; i < resized.length; i++) {
      int c = i % 3;
      int column = i / 3 % newWidth;
      int row = i / 3 / newWidth % newHeight;
      double y = Math.max((row + 0.5) * height / newHeight - 0.5, 0);
      double x = Math.max((column + 0.5) * width / newWidth - 0.5, 0);
      double want = bilinear(pixels, size, i / 3 / newWidth / newHeight, y, x, c);
      worst = Math.max(worst, (float) Math.abs(want - resized[i]));
    }
    assertThat(worst).isLessThan(2e-6f);
  }

  /** In float32, as PyTorch computes, 41 * (2 / 82) is below 1. */
  @Test
  void nearestNeighboursRoundAsPytorchDoes() {
    NDArray map = manager.create(new float[] {10, 20}, new Shape(1, 1, 2, 1));
    float[] resized = Resize.nearest(map, 1, 82).toFloatArray();
    for (int i = 0; i < 82; i++) {
      assertThat(resized[i]).as("pixel %d", i).isEqualTo(i <= 41 ? 10f : 20f);
    }
  }

  @Test
  void someRowsAreThoseOfTheWhole() {
    NDArray map = manager.randomNormal(new Shape(2, 9, 4, 3));
    NDArray whole = Resize.bilinear(map, 301, 5);
    NDArray rows = Resize.bilinearRows(map, 301, 5, 120, 299);
    assertThat(rows.getShape()).isEqualTo(new Shape(2, 179, 5, 3));
    assertThat(rows.toFloatArray())
        .containsExactly(whole.get(":, 120:299").toFloatArray(), within(1e-6f));
    NDArray same = Resize.bilinearRows(map, 9, 4, 2, 5);
    assertThat(same).isEqualTo(map.get(":, 2:5"));
  }

  @Test
  void nothingChangesWhereTheSizeStays() {
    NDArray map = manager.randomNormal(new Shape(1, 6, 5, 2));
    assertThat(Resize.bilinear(map, 6, 5)).isEqualTo(map);
    assertThat(Resize.nearest(map, 6, 5)).isEqualTo(map);
    assertThat(Resize.adaptiveAverage(map, 6, 5)).isEqualTo(map);
  }

  /** The gradient of a linear map's sum is the sum of its weights, whose total is the outputs'. */
  @ParameterizedTest
  @CsvSource({"5, 7, 260, 9", "9, 8, 3, 4"})
  void gradientsAreTheTransposedMatrix(int height, int width, int newHeight, int newWidth) {
    NDArray map = manager.randomNormal(new Shape(1, height, width, 2));
    map = map.toType(DataType.FLOAT64, false);
    NDArray weights =
        manager.randomNormal(new Shape(1, newHeight, newWidth, 2)).toType(DataType.FLOAT64, false);
    map.setRequiresGradient(true);
    NDArray loss;
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      loss = Resize.bilinear(map, newHeight, newWidth).mul(weights).sum();
      collector.backward(loss);
    }
    // A linear map's value is the product of its argument with its gradient.
    double product = map.stopGradient().mul(map.getGradient()).sum().getDouble();
    assertThat(product).isCloseTo(loss.getDouble(), within(1e-9));
    NDArray probe = manager.zeros(map.getShape(), DataType.FLOAT64);
    probe.setScalar(new ai.djl.ndarray.index.NDIndex(0, height / 2, width / 2, 1), 1.0);
    double want = Resize.bilinear(probe, newHeight, newWidth).mul(weights).sum().getDouble();
    double got = map.getGradient().getDouble(0, height / 2, width / 2, 1);
    assertThat(got).isCloseTo(want, within(1e-12));
  }

  @Test
  void intermediatesAreFreed() {
    NDArray map = manager.randomNormal(new Shape(1, 9, 8, 3));
    int before = manager.getManagedArrays().size();
    Resize.bilinear(map, 300, 301).close();
    Resize.nearest(map, 30, 31).close();
    Resize.adaptiveAverage(map, 6, 6).close();
    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void emptySizesAreRefused() {
    NDArray map = manager.ones(new Shape(1, 3, 4, 2));
    assertThatThrownBy(() -> Resize.bilinear(map, 0, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(1, 3, 4, 2) to 0x4");
    assertThatThrownBy(() -> Resize.nearest(map.get("0"), 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(3, 4, 2)");
    assertThatThrownBy(() -> Resize.adaptiveAverage(map, 2, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2x-1");
    assertThatThrownBy(() -> Resize.bilinearRows(map, 6, 8, 4, 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of 6 rows, those from 4 to 7");
  }
}
