package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.image.PixelImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelledImagesTest {
  private static final List<String> NAMES = List.of("cat", "dog");

  @Test
  void copiesItsArrays() {
    byte[] pixels = {1, 2, 3, -1};
    byte[] labels = {0, 1};
    LabelledImages images = LabelledImages.of(1, 2, pixels, labels, NAMES);
    pixels[3] = 0;
    labels[1] = 0;
    assertThat(images.pixel(1, 0, 1)).isEqualTo(255);
    assertThat(images.label(1)).isEqualTo(1);
    assertThat(images.count()).isEqualTo(2);
  }

  @Test
  void refusesPartsThatDoNotFit() {
    assertRefused(0, 2, new byte[0], new byte[0], "0 x 2");
    assertRefused(1, 2, new byte[5], new byte[2], "5 pixels are not 2 images of 1 x 2");
    assertRefused(1, 1, new byte[2], new byte[] {0, 2}, "label 1 is 2, but there are 2 classes");
  }

  private static void assertRefused(int h, int w, byte[] pixels, byte[] labels, String message) {
    assertThatThrownBy(() -> LabelledImages.of(h, w, pixels, labels, NAMES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void keepsTheGreyLevelsOfPictures() {
    PixelImage first = new PixelImage(2, 1, new byte[] {9, 9, 9, -1, -1, -1});
    PixelImage second = new PixelImage(2, 1, new byte[6]);
    LabelledImages images = LabelledImages.of(List.of(first, second), List.of(1, 0), NAMES);
    assertThat(images.count()).isEqualTo(2);
    assertThat(images.pixel(0, 0, 0)).isEqualTo(9);
    assertThat(images.pixel(0, 0, 1)).isEqualTo(255);
    assertThat(images.label(0)).isEqualTo(1);
    assertThat(images.picture(0)).isEqualTo(first);
    assertThatThrownBy(() -> LabelledImages.of(List.of(first), List.of(), NAMES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 1 and 0");
    PixelImage larger = new PixelImage(1, 2, new byte[6]);
    assertThatThrownBy(() -> LabelledImages.of(List.of(first, larger), List.of(0, 1), NAMES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("picture 1 has 1x2 pixels, the first 2x1");
    assertThatThrownBy(() -> LabelledImages.of(List.of(first), List.of(256), NAMES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 256");
  }
}
