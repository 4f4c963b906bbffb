package dev.visionmamba.tasks.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfusionMatrixTest {

  private static ConfusionMatrix matrix() {
    ConfusionMatrix matrix = new ConfusionMatrix(List.of("cat", "dog", "owl"));
    matrix.add(0, 0);
    matrix.add(0, 1);
    matrix.add(1, 1);
    matrix.add(1, 1);
    return matrix;
  }

  @Test
  void countsAndShares() {
    ConfusionMatrix matrix = matrix();
    assertThat(matrix.total()).isEqualTo(4);
    assertThat(matrix.count(0, 1)).isEqualTo(1);
    assertThat(matrix.accuracy()).isEqualTo(0.75);
    assertThat(matrix.accuracy(0)).isEqualTo(0.5);
    assertThat(matrix.accuracy(1)).isEqualTo(1);
    assertThat(matrix.accuracy(2)).isNaN();
  }

  @Test
  void isDrawn(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("matrix.png");
    ConfusionMatrixChart.draw(matrix(), file);
    BufferedImage picture = ImageIO.read(file.toFile());
    assertThat(picture.getWidth()).isGreaterThanOrEqualTo(600);
  }

  @Test
  void aThousandClassesAreDrawnOnAPictureOfUsualSize(@TempDir Path folder) throws Exception {
    List<String> names = IntStream.range(0, 1000).mapToObj(i -> "class " + i).toList();
    ConfusionMatrix matrix = new ConfusionMatrix(names);
    for (int i = 0; i < names.size(); i++) {
      matrix.add(i, i);
    }
    Path file = folder.resolve("matrix.png");
    ConfusionMatrixChart.draw(matrix, file);
    BufferedImage picture = ImageIO.read(file.toFile());
    assertThat(picture.getWidth()).isBetween(1000, 5000);
    assertThat(picture.getHeight()).isBetween(1000, 5000);
  }
}
