package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Resized pixels against PIL's: not one level may differ. */
class ResamplerTest {
  static List<String> cases() {
    List<String> cases = Fixtures.cases("resize");
    assertThat(cases).hasSizeGreaterThan(50);
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelsArePils(String text) throws IOException {
    String[] line = text.split(" ");
    PixelImage image = Fixtures.source(line[1]);
    boolean grey = line[2].equals("L");
    int width = Integer.parseInt(line[3]);
    int height = Integer.parseInt(line[4]);
    Interpolation kernel = Interpolation.valueOf(line[5]);
    byte[] levels = grey ? grey(image) : image.rgb();

    byte[] resized =
        Resampler.resize(
            levels, image.width(), image.height(), grey ? 1 : 3, width, height, kernel);

    Fixtures.pixels("resize/" + line[0] + ".gz").assertSame(text, width, height, resized);
    if (!grey) {
      assertThat(Resampler.resize(image, width, height, kernel))
          .isEqualTo(new PixelImage(width, height, resized));
    }
  }

  /** PIL's grey, in the plainest form. */
  private static byte[] grey(PixelImage image) {
    byte[] grey = new byte[image.width() * image.height()];
    for (int i = 0; i < grey.length; i++) {
      int r = image.rgb()[3 * i] & 0xff;
      int g = image.rgb()[3 * i + 1] & 0xff;
      int b = image.rgb()[3 * i + 2] & 0xff;
      grey[i] = (byte) ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
    }
    return grey;
  }

  @Test
  void aWindowIsCutFromTheWhole() {
    Random random = new Random(1);
    for (int trial = 0; trial < 300; trial++) {
      int width = 1 + random.nextInt(40);
      int height = 1 + random.nextInt(40);
      int channels = 1 + random.nextInt(4);
      int newWidth = trial % 5 == 0 ? width : 1 + random.nextInt(60);
      int newHeight = trial % 7 == 0 ? height : 1 + random.nextInt(60);
      Interpolation kernel = Interpolation.values()[trial % 2];
      byte[] pixels = new byte[width * height * channels];
      random.nextBytes(pixels);
      int left = random.nextInt(newWidth);
      int top = random.nextInt(newHeight);
      int cutWidth = 1 + random.nextInt(newWidth - left);
      int cutHeight = 1 + random.nextInt(newHeight - top);

      byte[] whole = Resampler.resize(pixels, width, height, channels, newWidth, newHeight, kernel);
      byte[] window =
          Resampler.resize(
              pixels,
              width,
              height,
              channels,
              new Resampler.Window(newWidth, newHeight, left, top, cutWidth, cutHeight),
              kernel);

      byte[] expected = new byte[cutWidth * cutHeight * channels];
      for (int y = 0; y < cutHeight; y++) {
        System.arraycopy(
            whole,
            ((top + y) * newWidth + left) * channels,
            expected,
            y * cutWidth * channels,
            cutWidth * channels);
      }
      assertThat(window).as("trial %d", trial).isEqualTo(expected);
    }
  }

  @Test
  void theSameSizeIsTheSameImage() {
    PixelImage image = new PixelImage(3, 2, new byte[18]);
    assertThat(Resampler.resize(image, 3, 2, Interpolation.BICUBIC).rgb()).isSameAs(image.rgb());
  }

  @Test
  void theInputStaysAsItIs() {
    byte[] pixels = new byte[300];
    new Random(2).nextBytes(pixels);
    byte[] before = pixels.clone();
    Resampler.resize(pixels, 10, 10, 3, 7, 13, Interpolation.BICUBIC);
    assertThat(pixels).isEqualTo(before);
  }

  @Test
  void flatAndSharpPicturesStayInRange() {
    byte[] white = new byte[3 * 50 * 40];
    Arrays.fill(white, (byte) 255);
    for (Interpolation kernel : Interpolation.values()) {
      assertThat(Resampler.resize(white, 50, 40, 3, 13, 77, kernel)).containsOnly(255);
    }
    // Overshoot beside an edge is cut off, it does not wrap round.
    byte[] edge = new byte[20];
    Arrays.fill(edge, 10, 20, (byte) 255);
    byte[] wide = Resampler.resize(edge, 20, 1, 1, 200, 1, Interpolation.BICUBIC);
    for (int x = 1; x < 200; x++) {
      assertThat(wide[x] & 0xff).isGreaterThanOrEqualTo(wide[x - 1] & 0xff);
    }
  }

  @Test
  void wrongArgumentsAreToldOf() {
    byte[] pixels = new byte[12];
    Interpolation kernel = Interpolation.BILINEAR;
    assertThatThrownBy(() -> Resampler.resize(pixels, 2, 2, 3, 0, 5, kernel))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> Resampler.resize(pixels, 2, 3, 3, 5, 5, kernel))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("take 18 bytes, got 12");
    assertThatThrownBy(() -> Resampler.resize(pixels, 2, 2, 3, 50_000, 50_000, kernel))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too large");
  }

  @Test
  void rowsThatAreTooLargeBetweenTheStepsAreToldOf() {
    byte[] pixels = new byte[2_000_000]; // a column, widened before it is shortened
    assertThatThrownBy(
            () -> Resampler.resize(pixels, 1, 2_000_000, 1, 2_000, 1, Interpolation.BILINEAR))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2000000 rows");
  }
}
