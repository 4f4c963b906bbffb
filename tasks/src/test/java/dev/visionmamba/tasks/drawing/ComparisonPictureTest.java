package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.drawing.ComparisonPicture.Named;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Levels;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonPictureTest {
  private static final int RED = 0xffc81e28;
  private static final int BLUE = 0xff1428c8;

  /** One colour, with alpha if it is not opaque. */
  private static DeepImage flat(int width, int height, int argb) {
    boolean alpha = argb >>> 24 < 255;
    int step = alpha ? 4 : 3;
    Levels levels = Levels.allocate(8, (long) width * height * step);
    for (int i = 0; i < levels.length(); i++) {
      levels.set(i, i % step == 3 ? argb >>> 24 : argb >> 8 * (2 - i % step) & 0xff);
    }
    return new DeepImage(width, height, 3, alpha, levels);
  }

  private static int count(BufferedImage picture, int colour) {
    int count = 0;
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        count += picture.getRGB(x, y) == colour ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void picturesOfUsualSizeAreDrawnPixelByPixel() {
    BufferedImage drawn =
        ComparisonPicture.sideBySide(
            List.of(
                new Named("before", flat(300, 200, RED)),
                new Named("after", flat(300, 200, BLUE))));
    assertThat(count(drawn, RED)).isEqualTo(300 * 200);
    assertThat(count(drawn, BLUE)).isEqualTo(300 * 200);
    assertThat(drawn.getRGB(2, 2)).isEqualTo(0xffffffff);
    assertThat(count(drawn, Letters.INK.getRGB())).isGreaterThan(20);
  }

  @Test
  void aSmallerPictureIsEnlargedToTheLargest() {
    BufferedImage drawn =
        ComparisonPicture.sideBySide(
            List.of(new Named("low", flat(75, 50, RED)), new Named("high", flat(300, 200, BLUE))));
    assertThat(count(drawn, RED)).isEqualTo(300 * 200);
    assertThat(count(drawn, BLUE)).isEqualTo(300 * 200);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 240, 240", "100, 50, 300, 150", "3000, 1500, 1024, 512", "1, 9, 27, 243"})
  void sizesAreMadeFitToLookAt(int width, int height, int drawnWidth, int drawnHeight) {
    BufferedImage drawn =
        ComparisonPicture.sideBySide(List.of(new Named("x", flat(width, height, RED))));
    assertThat(count(drawn, RED)).isEqualTo(drawnWidth * drawnHeight);
    drawn =
        ComparisonPicture.split(
            new Named("a", flat(width, height, RED)), new Named("b", flat(width, height, RED)), 0);
    assertThat(drawn.getHeight()).isGreaterThan(drawnHeight);
    assertThat(count(drawn, RED))
        .isBetween((drawnWidth - 16) * drawnHeight, drawnWidth * drawnHeight);
  }

  @ParameterizedTest
  @CsvSource({"0", "0.25", "0.5", "1"})
  void theLineParts(double share) {
    BufferedImage drawn =
        ComparisonPicture.split(
            new Named("before", flat(400, 300, RED)),
            new Named("after", flat(400, 300, BLUE)),
            share);
    int line = (int) (400 * share);
    // The line itself is four pixels wide, its knob 26.
    assertThat(count(drawn, RED)).isBetween(line * 300 - 900, line * 300);
    assertThat(count(drawn, BLUE)).isBetween((400 - line) * 300 - 900, (400 - line) * 300);
    if (share > 0 && share < 1) {
      int firstBlue = 0;
      int row = drawn.getHeight() - 40;
      while (drawn.getRGB(firstBlue, row) != BLUE) {
        firstBlue++;
      }
      assertThat(drawn.getRGB(firstBlue - 5, row)).isEqualTo(RED);
    }
  }

  @Test
  void transparencyShowsTheGround() {
    BufferedImage drawn =
        ComparisonPicture.sideBySide(List.of(new Named("clear", flat(256, 256, 0x00123456))));
    assertThat(count(drawn, 0xffdadde3)).isEqualTo(256 * 256 / 2);
    drawn = ComparisonPicture.sideBySide(List.of(new Named("half", flat(256, 256, 0x80000000))));
    assertThat(count(drawn, 0xffdadde3)).isZero();
  }

  @Test
  void greyLevelsOfSixteenBitsAreNotBent() {
    Levels levels = Levels.allocate(16, 250 * 4);
    for (int i = 0; i < levels.length(); i++) {
      levels.set(i, 0x4080);
    }
    DeepImage grey = new DeepImage(250, 4, 1, false, levels);
    BufferedImage drawn = ComparisonPicture.sideBySide(List.of(new Named("grey", grey)));
    assertThat(count(drawn, 0xff404040)).isEqualTo(1000);
  }

  @Test
  void longNamesAreCut() {
    String words = "a very long name ".repeat(20);
    BufferedImage drawn =
        ComparisonPicture.sideBySide(
            List.of(new Named(words, flat(250, 250, RED)), new Named("x", flat(250, 250, BLUE))));
    int inkInGap = 0;
    for (int y = 0; y < 45; y++) {
      for (int x = 24 + 251; x < 24 + 251 + 12; x++) {
        inkInGap += drawn.getRGB(x, y) == 0xffffffff ? 0 : 1;
      }
    }
    assertThat(inkInGap).isZero();
  }

  @Test
  void whatCanNotBeComparedIsRefused() {
    Named wide = new Named("wide", flat(40, 20, RED));
    Named tall = new Named("tall", flat(20, 40, RED));
    assertThatThrownBy(() -> ComparisonPicture.sideBySide(List.of(wide, tall)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("tall", "20x40", "40x20");
    assertThatThrownBy(() -> ComparisonPicture.split(wide, wide, 1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 1.5");
    assertThatThrownBy(() -> ComparisonPicture.sideBySide(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 0");
    assertThatThrownBy(() -> ComparisonPicture.sideBySide(Collections.nCopies(9, wide)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 9");
    assertThatThrownBy(() -> new Named(" ", wide.image()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name");
  }
}
