package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentationPictureTest {
  @TempDir Path folder;

  private static PixelImage grey(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    Arrays.fill(rgb, (byte) 100);
    return new PixelImage(width, height, rgb);
  }

  /** Halves: the left one of the first class, the right one of the second. */
  private static LabelMap halves(int width, int height, int first, int second) {
    byte[] labels = new byte[width * height];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (i % width < width / 2 ? first : second);
    }
    return new LabelMap(width, height, labels);
  }

  private static Set<Integer> colours(BufferedImage image, int top) {
    Set<Integer> colours = new HashSet<>();
    for (int y = top; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y) & 0xffffff);
      }
    }
    return colours;
  }

  @Test
  void pixelsAreCoveredByTheirClassesColours() {
    Palette palette = Palette.of(List.of(0xff0000, 0x00ff00, 0x0000ff));
    List<String> names = List.of("one", "two", "three");
    BufferedImage drawn =
        SegmentationPicture.draw(
            grey(200, 100), halves(200, 100, 2, LabelMap.IGNORED), names, palette, 0.5);
    assertThat(new Color(drawn.getRGB(50, 50))).isEqualTo(new Color(50, 50, 178));
    assertThat(new Color(drawn.getRGB(150, 50))).isEqualTo(new Color(100, 100, 100));
    assertThat(drawn.getWidth()).isEqualTo(200);
    assertThat(drawn.getHeight()).isGreaterThan(110);
    // The legend has the classes that are there, and letters.
    assertThat(colours(drawn, 100)).contains(0x0000ff, 0xffffff).doesNotContain(0xff0000, 0x00ff00);
    BufferedImage opaque =
        SegmentationPicture.draw(grey(200, 100), halves(200, 100, 0, 1), names, palette, 1);
    assertThat(new Color(opaque.getRGB(50, 50))).isEqualTo(Color.RED);
    assertThat(new Color(opaque.getRGB(150, 50))).isEqualTo(Color.GREEN);
    assertThat(colours(opaque, 100)).contains(0xff0000, 0x00ff00);
  }

  @Test
  void withoutClassesThePictureIsAsItWas() {
    BufferedImage drawn =
        SegmentationPicture.draw(
            grey(20, 10), halves(20, 10, 255, 255), List.of("one"), Palette.distinct(1), 0.5);
    assertThat(PixelImage.of(drawn)).isEqualTo(grey(20, 10));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "64, 64", "300, 2", "2, 300", "640, 480", "3000, 2000"})
  void allClassesOfADataSetFindAPlace(int width, int height) throws Exception {
    byte[] labels = new byte[width * height];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (i % 150);
    }
    Path file = folder.resolve("drawn.png");
    SegmentationPicture.write(
        grey(width, height),
        new LabelMap(width, height, labels),
        ClassNames.ade20k(),
        Palette.ade20k(),
        file);
    PixelImage read = ImageDecoder.decode(file);
    int factor = Magnifier.of(grey(width, height)).factor();
    int bottom = factor * height;
    assertThat(read.width()).isEqualTo(Math.max(120, factor * width));
    assertThat(read.height()).isGreaterThan(bottom);
    Set<Integer> legend = colours(read.toBufferedImage(), bottom);
    for (int label = 0; label < Math.min(150, labels.length); label++) {
      assertThat(legend).contains(Palette.ade20k().colour(label).getRGB() & 0xffffff);
    }
    // Nothing reaches over the edge of the legend.
    for (int y = bottom; y < read.height(); y++) {
      int last = 3 * (y * read.width() + read.width() - 1);
      assertThat(read.rgb()[last]).isEqualTo((byte) 255);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Palette palette = Palette.distinct(2);
    List<String> names = List.of("one", "two");
    assertThatThrownBy(
            () -> SegmentationPicture.draw(grey(20, 10), halves(20, 11, 0, 1), names, palette, 0.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("20x10", "20x11");
    assertThatThrownBy(
            () -> SegmentationPicture.draw(grey(20, 10), halves(20, 10, 0, 2), names, palette, 0.5))
        .hasMessageContainingAll("label 2", "2 names");
    for (double opacity : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(
              () ->
                  SegmentationPicture.draw(
                      grey(20, 10), halves(20, 10, 0, 1), names, palette, opacity))
          .hasMessageContaining("opacity");
    }
  }

  @Test
  void labelsAloneAreOnePixelEach() {
    Palette palette = Palette.distinct(3);
    LabelMap labels = new LabelMap(3, 1, new byte[] {2, 0, (byte) LabelMap.IGNORED});
    BufferedImage image = SegmentationPicture.drawLabels(labels, palette);
    assertThat(image.getWidth()).isEqualTo(3);
    assertThat(image.getHeight()).isEqualTo(1);
    assertThat(image.getRGB(0, 0)).isEqualTo(palette.colour(2).getRGB());
    assertThat(image.getRGB(1, 0)).isEqualTo(palette.colour(0).getRGB());
    assertThat(image.getRGB(2, 0)).isEqualTo(Color.WHITE.getRGB());
  }
}
