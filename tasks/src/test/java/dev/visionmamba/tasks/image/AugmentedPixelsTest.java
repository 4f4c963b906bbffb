package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.visionmamba.tasks.image.RandomResizedCrop.Box;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What training makes of pictures, against PIL and torchvision's procedure. */
class AugmentedPixelsTest {
  static List<String> cases() {
    return Fixtures.cases("augment");
  }

  static List<String> boxes() throws IOException {
    return Files.readAllLines(
        Fixtures.folder("augment").resolve("boxes.txt"), StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelsArePils(String text) throws IOException {
    String[] words = text.split(" ");
    PixelImage source = Fixtures.source(words[1]);
    PixelImage got =
        switch (words[2]) {
          case "brightness" -> ColourAdjustments.brightness(source, Float.parseFloat(words[3]));
          case "contrast" -> ColourAdjustments.contrast(source, Float.parseFloat(words[3]));
          case "saturation" -> ColourAdjustments.saturation(source, Float.parseFloat(words[3]));
          default ->
              Resampler.resize(
                  source.crop(
                      Integer.parseInt(words[3]),
                      Integer.parseInt(words[4]),
                      Integer.parseInt(words[5]),
                      Integer.parseInt(words[6])),
                  Integer.parseInt(words[7]),
                  Integer.parseInt(words[8]),
                  Interpolation.valueOf(words[9]));
        };
    Fixtures.pixels("augment/" + words[0] + ".gz")
        .assertSame(text, got.width(), got.height(), got.rgb());
  }

  /** Gives the numbers of a list, and no others. */
  private static RandomGenerator giving(Queue<Double> numbers) {
    return new RandomGenerator() {
      @Override
      public long nextLong() {
        throw new IllegalStateException("only doubles are there");
      }

      @Override
      public double nextDouble() {
        return numbers.remove();
      }
    };
  }

  @ParameterizedTest
  @MethodSource("boxes")
  void boxesAreTorchvisions(String text) {
    String[] words = text.split(" ");
    Queue<Double> numbers = new ArrayDeque<>();
    for (int i = 7; i < words.length; i++) {
      numbers.add(Double.valueOf(words[i]));
    }
    Box box =
        RandomResizedCrop.of(Double.parseDouble(words[2]))
            .box(Integer.parseInt(words[0]), Integer.parseInt(words[1]), giving(numbers));
    assertThat(box)
        .isEqualTo(
            new Box(
                Integer.parseInt(words[3]),
                Integer.parseInt(words[4]),
                Integer.parseInt(words[5]),
                Integer.parseInt(words[6])));
    assertThat(numbers).isEmpty();
  }

  @Test
  void boxesLieInsideThePicture() {
    SplittableRandom random = new SplittableRandom(1);
    RandomResizedCrop crop = RandomResizedCrop.of(0.08);
    for (int i = 0; i < 2000; i++) {
      int width = 1 + random.nextInt(60);
      int height = 1 + random.nextInt(60);
      Box box = crop.box(width, height, random);
      assertThat(box.left()).isBetween(0, width - box.width());
      assertThat(box.top()).isBetween(0, height - box.height());
      assertThat(box.width()).isPositive();
      assertThat(box.height()).isPositive();
    }
  }

  private static PixelImage noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(5).nextBytes(rgb);
    return new PixelImage(width, height, rgb);
  }

  private static int red(PixelImage image, int x, int y) {
    return image.rgb()[3 * (y * image.width() + x)] & 0xff;
  }

  @Test
  void movedAndMirroredPictures() {
    PixelImage image = noise(5, 4);
    for (int[] by : new int[][] {{0, 0}, {1, 0}, {0, -2}, {-3, 2}, {4, 0}, {9, 9}, {-9, -9}}) {
      PixelImage moved = image.moved(by[0], by[1]);
      for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 5; x++) {
          int fromY = y + by[0];
          int fromX = x + by[1];
          boolean inside = fromX >= 0 && fromX < 5 && fromY >= 0 && fromY < 4;
          assertThat(red(moved, x, y)).isEqualTo(inside ? red(image, fromX, fromY) : 0);
        }
      }
    }
    PixelImage mirrored = image.mirrored();
    assertThat(red(mirrored, 0, 2)).isEqualTo(red(image, 4, 2));
    assertThat(mirrored).isNotEqualTo(image);
    assertThat(mirrored.mirrored()).isEqualTo(image);
  }

  @Test
  void wrongArgumentsAreToldOf() {
    PixelImage image = noise(5, 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> image.crop(3, 0, 3, 1))
        .withMessageContaining("not inside PixelImage[5x4]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ColourAdjustments.contrast(image, -0.1f))
        .withMessageContaining("-0.1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RandomResizedCrop.of(0))
        .withMessageContaining("above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RandomResizedCrop(0.1, 1, 2, 1))
        .withMessageContaining("2.0 to 1.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Preprocessing.imageNet(8).normalize(new byte[9], FloatBuffer.allocate(9)))
        .withMessageContaining("192");
  }
}
