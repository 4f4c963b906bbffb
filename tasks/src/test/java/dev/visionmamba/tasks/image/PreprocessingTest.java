package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Cropped pixels and normalised values against PIL and torchvision. */
class PreprocessingTest {
  private static final float[] ZERO = {0};
  private static final float[] ONE = {1};

  static List<String> cases() {
    List<String> cases = Fixtures.cases("preprocess");
    assertThat(cases).hasSizeGreaterThan(15);
    return cases;
  }

  private static Preprocessing plain(
      int resize, Interpolation interpolation, int height, int width, int channels) {
    float[] mean = new float[channels];
    float[] std = new float[channels];
    Arrays.fill(std, 1);
    return new Preprocessing(resize, interpolation, height, width, channels, mean, std);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelsArePils(String text) throws IOException {
    String[] line = text.split(" ");
    PixelImage image = Fixtures.source(line[1]);
    int channels = line[2].equals("L") ? 1 : 3;
    int height = Integer.parseInt(line[5]);
    int width = Integer.parseInt(line[6]);
    Preprocessing preprocessing =
        plain(Integer.parseInt(line[3]), Interpolation.valueOf(line[4]), height, width, channels);

    byte[] pixels = preprocessing.pixels(image);

    Fixtures.pixels("preprocess/" + line[0] + ".gz").assertSame(text, width, height, pixels);
  }

  @Test
  void valuesAreTorchvisions() {
    FloatBuffer table = ByteBuffer.wrap(Fixtures.unzipped("imagenet.f32.gz")).asFloatBuffer();
    assertThat(table.remaining()).isEqualTo(3 * 256);
    Preprocessing preprocessing = Preprocessing.imageNet(224);
    byte[] rgb = new byte[3 * 256 * 256];
    new Random(1).nextBytes(rgb);
    PixelImage image = new PixelImage(256, 256, rgb); // Resized to 256: as it is.
    FloatBuffer batch =
        ByteBuffer.allocateDirect(4 * (5 + 2 * preprocessing.length() + 1))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    batch.position(5);

    preprocessing.write(image, batch);
    preprocessing.write(image, batch);

    assertThat(batch.remaining()).isEqualTo(1);
    int at = 5;
    for (int copy = 0; copy < 2; copy++) {
      for (int c = 0; c < 3; c++) {
        for (int y = 16; y < 240; y++) {
          for (int x = 16; x < 240; x++) {
            float expected = table.get(256 * c + (rgb[3 * (256 * y + x) + c] & 0xff));
            if (batch.get(at++) != expected) {
              throw new AssertionError("channel " + c + " of (" + y + ", " + x + ") differs");
            }
          }
        }
      }
    }
    assertThat(batch.get(0)).isZero();
    assertThat(batch.get(at)).isZero();
  }

  @Test
  void imageNetIsWhatIsPublished() {
    Preprocessing preprocessing = Preprocessing.imageNet(224);
    assertThat(preprocessing.resize()).isEqualTo(256);
    assertThat(preprocessing.interpolation()).isEqualTo(Interpolation.BICUBIC);
    assertThat(preprocessing.cropHeight()).isEqualTo(224);
    assertThat(preprocessing.cropWidth()).isEqualTo(224);
    assertThat(preprocessing.length()).isEqualTo(3 * 224 * 224);
    assertThat(preprocessing.mean()).containsExactly(0.485f, 0.456f, 0.406f);
    assertThat(preprocessing.std()).containsExactly(0.229f, 0.224f, 0.225f);
    assertThat(Preprocessing.imageNet(384).resize()).isEqualTo(438);
  }

  @Test
  void elongatedPicturesTakeLittleMemory() {
    // Whole, these would be 8 million by 224 pixels and more.
    Preprocessing preprocessing = Preprocessing.imageNet(224);
    byte[] rgb = new byte[3 * 100_000];
    new Random(2).nextBytes(rgb);
    byte[] wide = preprocessing.pixels(new PixelImage(100_000, 1, rgb));
    byte[] tall = preprocessing.pixels(new PixelImage(1, 100_000, rgb));
    assertThat(wide).hasSize(3 * 224 * 224);
    for (int y = 0; y < 224; y++) {
      for (int x = 0; x < 224; x++) {
        for (int c = 0; c < 3; c++) {
          assertThat(wide[3 * (224 * y + x) + c]).isEqualTo(tall[3 * (224 * x + y) + c]);
        }
      }
    }
    // Beyond 32-bit coordinates: 20 million pixels long, 5 billion after resizing.
    byte[] endless = new byte[3 * 20_000_000];
    Arrays.fill(endless, (byte) 90);
    assertThat(preprocessing.pixels(new PixelImage(20_000_000, 1, endless))).containsOnly(90);
  }

  @Test
  void whatComesOutIsACopy() {
    byte[] rgb = new byte[12];
    byte[] pixels = plain(2, Interpolation.BILINEAR, 2, 2, 3).pixels(new PixelImage(2, 2, rgb));
    pixels[0] = 9;
    assertThat(rgb[0]).isZero();
    float[] mean = {0.5f};
    Preprocessing grey = new Preprocessing(2, Interpolation.BILINEAR, 2, 2, 1, mean, ONE);
    mean[0] = 7;
    grey.mean()[0] = 8;
    grey.std()[0] = 8;
    assertThat(grey)
        .isEqualTo(new Preprocessing(2, Interpolation.BILINEAR, 2, 2, 1, new float[] {0.5f}, ONE))
        .hasToString(
            "Preprocessing[resize=2 BILINEAR, crop=2x2, channels=1, mean=[0.5], std=[1.0]]")
        .isNotEqualTo(plain(2, Interpolation.BILINEAR, 2, 2, 1));
    assertThat(grey.hashCode())
        .isEqualTo(
            new Preprocessing(2, Interpolation.BILINEAR, 2, 2, 1, new float[] {0.5f}, ONE)
                .hashCode());
  }

  @Test
  void wrongArgumentsAreToldOf() {
    Interpolation kernel = Interpolation.BICUBIC;
    assertRefused(() -> plain(0, kernel, 1, 1, 3), "at least 1: resize 0");
    assertRefused(() -> plain(1, kernel, 0, 1, 3), "crop 0x1");
    assertRefused(() -> plain(1, kernel, 1, 1, 2), "1 or 3, not 2");
    assertRefused(() -> plain(1, kernel, 1 << 20, 1 << 20, 3), "too large");
    assertRefused(
        () -> new Preprocessing(1, kernel, 1, 1, 3, ZERO, new float[] {1, 1, 1}),
        "mean needs 3 values");
    assertRefused(() -> new Preprocessing(1, kernel, 1, 1, 1, ZERO, ZERO), "std must not be 0");
    assertRefused(
        () -> new Preprocessing(1, kernel, 1, 1, 1, new float[] {Float.NaN}, ONE), "finite");
    FloatBuffer small = FloatBuffer.allocate(11);
    assertRefused(
        () -> plain(2, kernel, 2, 2, 3).write(new PixelImage(1, 1, new byte[3]), small),
        "takes 12 floats, the buffer has room for 11");
    assertThat(small.position()).isZero();
  }

  private static void assertRefused(ThrowingCallable call, String words) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words);
  }
}
