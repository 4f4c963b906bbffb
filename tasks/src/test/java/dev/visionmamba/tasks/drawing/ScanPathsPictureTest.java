package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.ScanStrategy;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScanPathsPictureTest {

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 64", "64, 1", "2, 3", "8, 12", "7, 5", "48, 48", "64, 64", "1, 256"})
  void everyStrategyIsDrawnAtEverySize(int height, int width) {
    for (String name : ScanStrategies.names()) {
      BufferedImage picture =
          ScanPathsPicture.draw(
              name, ScanStrategies.description(name), ScanStrategies.named(name), height, width);
      assertThat(picture.getWidth()).isBetween(500, 1400);
      assertThat(picture.getHeight()).isBetween(150, 2400);
      Set<Integer> colours = colours(picture);
      assertThat(colours).contains(Color.WHITE.getRGB(), TimeColours.at(0).getRGB());
      assertThat(colours).contains(TimeColours.at(1).getRGB(), Letters.INK.getRGB());
      assertMarginsAreWhite(picture);
    }
  }

  private static void assertMarginsAreWhite(BufferedImage picture) {
    for (int x = 0; x < picture.getWidth(); x++) {
      assertThat(picture.getRGB(x, 5)).isEqualTo(Color.WHITE.getRGB());
      assertThat(picture.getRGB(x, picture.getHeight() - 5)).isEqualTo(Color.WHITE.getRGB());
    }
    for (int y = 0; y < picture.getHeight(); y++) {
      assertThat(picture.getRGB(5, y)).isEqualTo(Color.WHITE.getRGB());
      assertThat(picture.getRGB(picture.getWidth() - 5, y)).isEqualTo(Color.WHITE.getRGB());
    }
  }

  private static Set<Integer> colours(BufferedImage picture) {
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        colours.add(picture.getRGB(x, y));
      }
    }
    return colours;
  }

  @Test
  void aLongNameAndDescriptionAreBroken() {
    BufferedImage plain = ScanPathsPicture.draw("a", "", ScanStrategies.RASTER, 3, 3);
    String words = "word ".repeat(60);
    BufferedImage both = ScanPathsPicture.draw(words, words, ScanStrategies.RASTER, 3, 3);
    assertThat(both.getWidth()).isEqualTo(plain.getWidth());
    assertThat(both.getHeight()).isGreaterThan(plain.getHeight() + 200);
    assertMarginsAreWhite(both);
  }

  @Test
  void whatCannotBeSeenIsRefused() {
    assertRefused(ScanStrategies.RASTER, 0, 5, "height", "got 0");
    assertRefused(ScanStrategies.RASTER, 5, -1, "width", "got -1");
    assertRefused(ScanStrategies.RASTER, 257, 5, "height", "256", "got 257");
    assertRefused(ScanStrategies.atrous(9), 20, 20, "81 directions", "at most 64");
    assertRefused(ScanStrategies.atrous(8), 200, 200, "64 directions", "262144 cells");
    ScanStrategy other = (height, width) -> List.of(ScanPath.raster(7));
    assertRefused(other, 2, 3, "7 tokens", "2 x 3");
    assertRefused((height, width) -> List.of(), 2, 3, "no direction");
  }

  private static void assertRefused(
      ScanStrategy strategy, int height, int width, String... message) {
    assertThatThrownBy(() -> ScanPathsPicture.draw("x", "", strategy, height, width))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(message);
  }

  @Test
  void isWrittenAsAPng(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("paths.png");
    ScanPathsPicture.write("cross", "", ScanStrategies.CROSS, 8, 12, file);
    BufferedImage drawn = ScanPathsPicture.draw("cross", "", ScanStrategies.CROSS, 8, 12);
    BufferedImage read = ImageIO.read(file.toFile());
    assertThat(read.getWidth()).isEqualTo(drawn.getWidth());
    assertThat(read.getHeight()).isEqualTo(drawn.getHeight());
    Set<Integer> colours = colours(read);
    assertThat(colours.size()).isLessThanOrEqualTo(256);
    for (Color colour : TimeColours.all()) {
      assertThat(colours).contains(colour.getRGB());
    }
    Path nowhere = folder.resolve("none").resolve("paths.png");
    assertThatThrownBy(
            () -> ScanPathsPicture.write("cross", "", ScanStrategies.CROSS, 8, 12, nowhere))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(folder.toFile().list()).isEqualTo(Collections.singleton("paths.png").toArray());
  }
}
