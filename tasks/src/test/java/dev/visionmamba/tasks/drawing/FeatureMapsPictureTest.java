package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.tasks.drawing.FeatureMapsPicture.NamedMap;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeatureMapsPictureTest {
  private static final int MARGIN = 12;

  @Test
  void leastAndGreatestHaveTheColoursOfTheEnds() {
    NamedMap map = new NamedMap("", 2, 2, new float[] {-3, 5, 1, Float.NaN});
    BufferedImage image = FeatureMapsPicture.draw(List.of(map), 3);
    assertThat(image.getWidth()).isEqualTo(2 * MARGIN + FeatureMapsPicture.SIDE);
    assertThat(image.getHeight()).isEqualTo(2 * MARGIN + FeatureMapsPicture.SIDE);
    int half = FeatureMapsPicture.SIDE / 2;
    assertThat(new Color(image.getRGB(MARGIN, MARGIN))).isEqualTo(TimeColours.at(0));
    assertThat(new Color(image.getRGB(MARGIN + half - 1, MARGIN + half - 1)))
        .isEqualTo(TimeColours.at(0));
    assertThat(new Color(image.getRGB(MARGIN + half, MARGIN))).isEqualTo(TimeColours.at(1));
    assertThat(new Color(image.getRGB(MARGIN, MARGIN + half))).isEqualTo(TimeColours.at(0.5));
    Color none = new Color(image.getRGB(MARGIN + half, MARGIN + half));
    assertThat(none).isEqualTo(new Color(0xd8dbe2));
    assertThat(image.getRGB(0, 0)).isEqualTo(Color.WHITE.getRGB());
  }

  @Test
  void mapsOfManySizesStandInRows() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      List<NamedMap> maps =
          List.of(
              NamedMap.of("small", manager.arange(49f).reshape(7, 7)),
              NamedMap.of("a title that is longer than its map is wide", manager.ones(shape(3, 6))),
              NamedMap.of("large", manager.arange(300 * 200).reshape(300, 200)));
      BufferedImage image = FeatureMapsPicture.draw(maps, 2);
      assertThat(image.getWidth()).isEqualTo(2 * MARGIN + 2 * FeatureMapsPicture.SIDE + 10);
      int title = Letters.line(Letters.TEXT) + 2;
      int row = title + FeatureMapsPicture.SIDE + 10;
      assertThat(image.getHeight()).isEqualTo(2 * MARGIN + 2 * row - 10);
      // All numbers of a map are equal: the colour of the least.
      int secondLeft = MARGIN + FeatureMapsPicture.SIDE + 10;
      assertThat(new Color(image.getRGB(secondLeft + 60, MARGIN + title + 30)))
          .isEqualTo(TimeColours.at(0));
      assertThat(image.getRGB(secondLeft + 60, MARGIN + title + 80))
          .isEqualTo(Color.WHITE.getRGB());
      // The large one is 85 pixels wide.
      assertThat(image.getRGB(MARGIN + 84, MARGIN + row + title + 60))
          .isNotEqualTo(Color.WHITE.getRGB());
      assertThat(image.getRGB(MARGIN + 86, MARGIN + row + title + 60))
          .isEqualTo(Color.WHITE.getRGB());
    }
  }

  private static Shape shape(int height, int width) {
    return new Shape(height, width);
  }

  @Test
  void misfitsAreRefused() {
    assertThatThrownBy(() -> new NamedMap("", 2, 2, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 x 2 cannot have 3 values");
    assertThatThrownBy(() -> FeatureMapsPicture.draw(List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 256 maps");
    NamedMap map = new NamedMap("", 1, 1, new float[1]);
    assertThatThrownBy(() -> FeatureMapsPicture.draw(Collections.nCopies(257, map), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 257");
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      assertThatThrownBy(() -> NamedMap.of("", manager.zeros(new Shape(1, 2, 3))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(1, 2, 3)");
    }
  }
}
