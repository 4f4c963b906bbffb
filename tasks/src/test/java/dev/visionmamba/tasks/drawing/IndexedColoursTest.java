package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IndexedColoursTest {

  @Test
  void aDrawingOfFewColoursStaysAsItIs() {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0x010203 * i);
    }
    BufferedImage reduced = IndexedColours.reduce(image, List.of());
    for (int i = 0; i < 256; i++) {
      assertThat(reduced.getRGB(i % 16, i / 16)).isEqualTo(image.getRGB(i % 16, i / 16));
    }
    assertThat(reduced.getColorModel().getPixelSize()).isEqualTo(8);
  }

  @Test
  void frequentAndKeptColoursStayAndOthersHardlyChange() {
    int side = 128;
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(3);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        // The left half is one colour, the right half has some thousands.
        int colour = x < side / 2 ? 0x336699 : random.nextInt(1 << 24);
        image.setRGB(x, y, colour);
      }
    }
    Color once = new Color(0x123456);
    image.setRGB(100, 100, once.getRGB());
    BufferedImage reduced = IndexedColours.reduce(image, List.of(once, Color.PINK));
    assertThat(reduced.getRGB(100, 100)).isEqualTo(once.getRGB());
    double sum = 0;
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        Color before = new Color(image.getRGB(x, y));
        Color after = new Color(reduced.getRGB(x, y));
        if (x < side / 2) {
          assertThat(after).isEqualTo(before);
        }
        sum +=
            Math.abs(before.getRed() - after.getRed())
                + Math.abs(before.getGreen() - after.getGreen())
                + Math.abs(before.getBlue() - after.getBlue());
      }
    }
    // Each of 96 boxes of all colours spans some 255 / cbrt(96) = 56 levels: a mean of 14 off.
    assertThat(sum / (3 * side * side / 2)).isLessThan(16);
  }
}
