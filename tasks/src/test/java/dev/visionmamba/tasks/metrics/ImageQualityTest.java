package dev.visionmamba.tasks.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Levels;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** PSNR and SSIM against make_quality_fixtures.py, which computes them from their definitions. */
class ImageQualityTest {
  static List<String> cases() throws Exception {
    List<String> cases = new String(bytes("cases.txt"), StandardCharsets.US_ASCII).lines().toList();
    assertThat(cases).hasSize(36);
    return cases;
  }

  private static byte[] bytes(String name) throws Exception {
    try (InputStream in = ImageQualityTest.class.getResourceAsStream("quality/" + name)) {
      return in.readAllBytes();
    }
  }

  private static DeepImage picture(String name) throws Exception {
    return DeepImage.read(bytes(name + ".png"), name);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void measuresAreThoseOfTheDefinitions(String line) throws Exception {
    String[] words = line.split(" ");
    DeepImage restored = picture(words[0] + "-restored");
    DeepImage original = picture(words[0] + "-original");
    ComparedChannels channels = ComparedChannels.valueOf(words[1]);
    int border = Integer.parseInt(words[2]);
    assertThat(Psnr.of(restored, original, channels, border))
        .isCloseTo(Double.parseDouble(words[3]), within(1e-10));
    if (words[4].equals("nan")) {
      assertThatThrownBy(() -> Ssim.of(restored, original, channels, border))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("border", "11x11");
    } else {
      assertThat(Ssim.of(restored, original, channels, border))
          .isCloseTo(Double.parseDouble(words[4]), within(1e-10));
    }
  }

  private static DeepImage random(int width, int height, int colours, boolean alpha, long seed) {
    byte[] levels = new byte[width * height * (colours + (alpha ? 1 : 0))];
    new Random(seed).nextBytes(levels);
    return new DeepImage(width, height, colours, alpha, Levels.of(levels));
  }

  private static DeepImage flat(int colours, int level) {
    byte[] levels = new byte[colours * 20 * 15];
    Arrays.fill(levels, (byte) level);
    return new DeepImage(20, 15, colours, false, Levels.of(levels));
  }

  @ParameterizedTest
  @EnumSource
  void theSamePictureIsPerfect(ComparedChannels channels) {
    DeepImage picture = random(17, 13, 3, true, 1);
    assertThat(Psnr.of(picture, picture, channels, 0)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(Ssim.of(picture, picture, channels, 0)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"0, 255, 0", "0, 1, 48.1308036086791", "100, 110, 28.1308036086791"})
  void flatPicturesCanBeReckonedByHand(int one, int other, double psnr) {
    // Without variance SSIM is its luminance term: (2ab + C1) / (a^2 + b^2 + C1), C1 = 6.5025.
    double ssim = (2.0 * one * other + 6.5025) / (one * one + other * other + 6.5025);
    for (int colours : new int[] {1, 3}) {
      DeepImage a = flat(colours, one);
      DeepImage b = flat(colours, other);
      assertThat(Psnr.of(a, b, ComparedChannels.COLOURS, 0)).isCloseTo(psnr, within(1e-10));
      assertThat(Ssim.of(a, b, ComparedChannels.COLOURS, 0)).isCloseTo(ssim, within(1e-10));
    }
    // Luma spans 219 levels of 255; a grey picture is compared as it is.
    double lumaPsnr = psnr + 20 * Math.log10(255.0 / 219);
    assertThat(Psnr.of(flat(3, one), flat(3, other), ComparedChannels.LUMA, 0))
        .isCloseTo(lumaPsnr, within(1e-10));
    assertThat(Psnr.of(flat(1, one), flat(1, other), ComparedChannels.LUMA, 0))
        .isCloseTo(psnr, within(1e-10));
  }

  @Test
  void oneWrongLevelInTheBorderIsNotSeen() {
    DeepImage picture = random(16, 18, 3, false, 2);
    byte[] levels = new byte[picture.levels().length()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) picture.levels().get(i);
    }
    levels[3 * (1 * 16 + 5) + 1] ^= 64; // row 1
    DeepImage changed = new DeepImage(16, 18, 3, false, Levels.of(levels));
    ComparedChannels all = ComparedChannels.COLOURS;
    double mse = 64.0 * 64 / (3 * 14 * 16);
    assertThat(Psnr.of(changed, picture, all, 1))
        .isCloseTo(10 * Math.log10(255 * 255 / mse), within(1e-10));
    assertThat(Psnr.of(changed, picture, all, 2)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(Ssim.of(changed, picture, all, 1)).isLessThan(1);
    assertThat(Ssim.of(changed, picture, all, 2)).isEqualTo(1);
  }

  @Test
  void depthAndAlphaDoNotMatter() {
    DeepImage a = random(14, 12, 3, true, 3);
    DeepImage b = random(14, 12, 3, false, 4);
    short[] wide = new short[a.opaque().levels().length()];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = (short) (257 * a.opaque().levels().get(i));
    }
    DeepImage deep = new DeepImage(14, 12, 3, false, Levels.of(wide));
    for (ComparedChannels channels : ComparedChannels.values()) {
      double psnr = Psnr.of(a.opaque(), b, channels, 0);
      double ssim = Ssim.of(a.opaque(), b, channels, 0);
      assertThat(Psnr.of(a, b, channels, 0)).isEqualTo(psnr);
      assertThat(Psnr.of(deep, b, channels, 0)).isCloseTo(psnr, within(1e-11));
      assertThat(Ssim.of(a, b, channels, 0)).isEqualTo(ssim);
      assertThat(Ssim.of(deep, b, channels, 0)).isCloseTo(ssim, within(1e-11));
    }
  }

  @Test
  void whatCanNotBeComparedIsRefused() {
    DeepImage picture = random(14, 12, 3, false, 5);
    ComparedChannels all = ComparedChannels.COLOURS;
    assertThatThrownBy(() -> Psnr.of(picture, random(12, 14, 3, false, 5), all, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("14x12", "12x14");
    assertThatThrownBy(() -> Ssim.of(picture, random(14, 12, 1, false, 5), all, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("RGB", "grey");
    assertThatThrownBy(() -> Psnr.of(picture, picture, all, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got -1");
    assertThatThrownBy(() -> Psnr.of(picture, picture, all, 6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 6");
    assertThat(Psnr.of(picture, picture, all, 5)).isEqualTo(Double.POSITIVE_INFINITY);
  }
}
