package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeepImageTest {
  static List<Path> pngs() {
    return Fixtures.encoded().stream().filter(file -> file.toString().endsWith(".png")).toList();
  }

  static List<Path> others() {
    return Fixtures.encoded().stream().filter(file -> !file.toString().endsWith(".png")).toList();
  }

  private static DeepImage random(int width, int height, int colours, boolean alpha, int bits) {
    int count = width * height * (colours + (alpha ? 1 : 0));
    Levels levels = Levels.allocate(bits, count);
    Random random = new Random(31L * width + height);
    for (int i = 0; i < count; i++) {
      levels.set(i, random.nextInt(levels.max() + 1));
    }
    return new DeepImage(width, height, colours, alpha, levels);
  }

  @ParameterizedTest
  @CsvSource({
    "1, false, 8", "1, true, 8", "3, false, 8", "3, true, 8",
    "1, false, 16", "1, true, 16", "3, false, 16", "3, true, 16"
  })
  void everyKindOfPngComesBackBitByBit(int colours, boolean alpha, int bits, @TempDir Path folder)
      throws Exception {
    for (int[] size : new int[][] {{1, 1}, {1, 9}, {9, 1}, {13, 7}, {64, 33}}) {
      DeepImage image = random(size[0], size[1], colours, alpha, bits);
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      image.write(png);
      byte[] encoded = png.toByteArray();
      assertThat(encoded[24]).as("bit depth in the header").isEqualTo((byte) bits);
      assertThat(encoded[25])
          .as("colour type in the header")
          .isEqualTo((byte) ((colours == 3 ? 2 : 0) + (alpha ? 4 : 0)));
      DeepImage read = DeepImage.read(encoded, "memory");
      assertThat(read).isEqualTo(image);
      Path file = folder.resolve("image.png");
      image.write(file);
      assertThat(DeepImage.read(file)).isEqualTo(image);
      // And the classifiers' decoder sees the same colours.
      assertThat(read.toPixelImage()).isEqualTo(ImageDecoder.decode(file));
    }
    assertThat(folder.toFile().list()).containsExactly("image.png");
  }

  @ParameterizedTest
  @CsvSource({
    "1, false, 8", "1, true, 8", "3, false, 8", "3, true, 8",
    "1, false, 16", "1, true, 16", "3, false, 16", "3, true, 16"
  })
  void tiffsKeepDepthAndAlpha(int colours, boolean alpha, int bits) throws Exception {
    DeepImage image = random(21, 10, colours, alpha, bits);
    byte[] tiff = tiff(image.toBufferedImage());
    assertThat(DeepImage.read(tiff, "memory")).isEqualTo(image);
    assertThatThrownBy(() -> DeepImage.read(Arrays.copyOf(tiff, tiff.length / 2), "half.tif"))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageStartingWith("half.tif: ");
  }

  private static byte[] tiff(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, "tiff", out)).isTrue();
    return out.toByteArray();
  }

  @Test
  void blackAndWhiteTiffsAreGrey() throws Exception {
    BufferedImage awt = new BufferedImage(10, 3, BufferedImage.TYPE_BYTE_BINARY);
    awt.setRGB(4, 1, 0xffffffff);
    DeepImage read = DeepImage.read(tiff(awt), "memory");
    assertThat(read.colours()).isEqualTo(1);
    for (int i = 0; i < 30; i++) {
      assertThat(read.levels().get(i)).isEqualTo(i == 14 ? 255 : 0);
    }
  }

  @ParameterizedTest
  @MethodSource("pngs")
  void pngColoursAreThoseOfTheDecoder(Path file) throws Exception {
    DeepImage read = DeepImage.read(file);
    assertThat(read.toPixelImage()).isEqualTo(ImageDecoder.decode(file));
    String name = file.getFileName().toString();
    if (name.startsWith("png-type")) {
      int type = name.charAt(8) - '0';
      assertThat(read.colours()).isEqualTo(type == 0 || type == 4 ? 1 : 3);
      assertThat(read.alpha()).isEqualTo(type >= 4 || name.contains("transparent"));
      assertThat(read.levels().bits()).isEqualTo(name.contains("16bit") ? 16 : 8);
    }
  }

  @ParameterizedTest
  @MethodSource("others")
  void otherFilesAreThoseOfTheDecoder(Path file) throws Exception {
    DeepImage read = DeepImage.read(file);
    assertThat(read.toPixelImage()).isEqualTo(ImageDecoder.decode(file));
    boolean greyJpeg = file.getFileName().toString().startsWith("jpeg-grey");
    assertThat(read.colours()).isEqualTo(greyJpeg ? 1 : 3);
    assertThat(read.alpha()).isFalse();
  }

  @Test
  void transparentColoursBecomeAlpha() throws Exception {
    byte[] rgb = {0, 1, 2, 3, 4, 5, 6};
    byte[] key = {0, 4, 0, 5, 0, 6};
    DeepImage read = DeepImage.read(png(2, 1, 8, 2, null, key, rgb), "rgb");
    assertLevels(read, 3, true, 8, 1, 2, 3, 255, 4, 5, 6, 0);

    byte[] wide = {0, 1, 0, 2, 0, 1, 1};
    read = DeepImage.read(png(3, 1, 16, 0, null, new byte[] {2, 0}, wide), "wide");
    assertLevels(read, 1, true, 16, 0x100, 0xffff, 0x200, 0, 0x101, 0xffff);

    byte[] twoBits = {0, 0b00_01_10_11};
    read = DeepImage.read(png(4, 1, 2, 0, null, new byte[] {0, 2}, twoBits), "two");
    assertLevels(read, 1, true, 8, 0, 255, 85, 255, 170, 0, 255, 255);

    byte[] palette = {10, 11, 12, 20, 21, 22, 30, 31, 32};
    byte[] alphas = {7, 0}; // The third colour has none, so it is opaque.
    byte[] indices = {0, 2, 1, 0};
    read = DeepImage.read(png(3, 1, 8, 3, palette, alphas, indices), "palette");
    assertLevels(read, 3, true, 8, 30, 31, 32, 255, 20, 21, 22, 0, 10, 11, 12, 7);
  }

  @Test
  void brokenTransparencyIsRefused() {
    byte[] rgb = {0, 1, 2, 3};
    assertThatThrownBy(() -> DeepImage.read(png(1, 1, 8, 2, null, new byte[5], rgb), "x.png"))
        .isInstanceOf(InvalidImageException.class)
        .hasMessage("x.png: the PNG's transparency is not valid; save the image again");
    byte[] good = png(1, 1, 8, 2, null, new byte[6], rgb);
    good[33 + 8 + 2] ^= 1;
    assertThatThrownBy(() -> DeepImage.read(good, "x.png"))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageContaining("checksum");
  }

  private static byte[] png(
      int width, int height, int depth, int type, byte[] palette, byte[] key, byte[] rows) {
    PngBytes png = new PngBytes().header(width, height, depth, type);
    if (palette != null) {
      png.chunk("PLTE", palette);
    }
    return png.chunk("tRNS", key)
        .chunk("IDAT", PngBytes.deflated(rows))
        .chunk("IEND", new byte[0])
        .bytes();
  }

  private static void assertLevels(
      DeepImage image, int colours, boolean alpha, int bits, int... levels) {
    assertThat(image.colours()).isEqualTo(colours);
    assertThat(image.alpha()).isEqualTo(alpha);
    assertThat(image.levels().bits()).isEqualTo(bits);
    int[] found = new int[image.levels().length()];
    Arrays.setAll(found, image.levels()::get);
    assertThat(found).containsExactly(levels);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aTurnIsUndone(int orientation) {
    DeepImage image = random(5, 3, 3, true, 16);
    DeepImage turned = image.turned(orientation);
    assertThat(turned.width()).isEqualTo(orientation < 5 ? 5 : 3);
    assertThat(turned.turned(GridTurn.inverse(orientation))).isEqualTo(image);
    // The decoder's own turning, which is checked against PIL's.
    PixelImage rgb = image.toPixelImage();
    assertThat(turned.toPixelImage())
        .isEqualTo(ExifOrientation.upright(5, 3, rgb.rgb(), orientation));
  }

  @Test
  void turnsAreEightDifferentOnes() {
    DeepImage image = random(4, 4, 1, false, 8);
    assertThat(List.of(1, 2, 3, 4, 5, 6, 7, 8).stream().map(image::turned).distinct()).hasSize(8);
    // 6 is a quarter to the right: the first row becomes the last column.
    DeepImage right = image.turned(6);
    for (int i = 0; i < 4; i++) {
      assertThat(right.level(3, i, 0)).isEqualTo(image.level(i, 0, 0));
    }
    assertThatThrownBy(() -> image.turned(9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 9");
  }

  @Test
  void greyAndRgbAndAlphaChange() {
    DeepImage grey = random(6, 5, 1, true, 16);
    assertThat(grey.toRgb().channels()).isEqualTo(4);
    assertThat(grey.toRgb().toGrey()).isEqualTo(grey);
    assertThat(grey.toGrey()).isSameAs(grey);
    assertThat(grey.toRgb().alphaAsGrey()).isEqualTo(grey.alphaAsGrey());
    assertThat(grey.opaque().toRgb()).isEqualTo(grey.toRgb().opaque());
    assertThat(grey.opaque().opaque()).isEqualTo(grey.opaque());
    assertThatThrownBy(grey.opaque()::alphaAsGrey)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no alpha");
    DeepImage rgb = random(6, 5, 3, false, 8);
    assertThat(rgb.toGrey().levels()).isEqualTo(Levels.of(rgb.toPixelImage().grey()));
    assertThat(DeepImage.of(rgb.toPixelImage())).isEqualTo(rgb);
  }

  @ParameterizedTest
  @CsvSource({"7, 5", "20, 23", "1, 1", "13, 4", "6, 11"})
  void wideLevelsAreResizedAsNarrowOnesAre(int newWidth, int newHeight) {
    DeepImage narrow = random(13, 11, 3, true, 8);
    Levels wide = Levels.allocate(16, narrow.levels().length());
    for (int i = 0; i < wide.length(); i++) {
      wide.set(i, 257 * narrow.levels().get(i));
    }
    DeepImage deep = new DeepImage(13, 11, 3, true, wide);
    for (Interpolation kernel : Interpolation.values()) {
      DeepImage expected = narrow.resize(newWidth, newHeight, kernel);
      assertThat(expected.levels())
          .isEqualTo(
              Levels.of(
                  Resampler.resize(
                      narrow.levels().bytes(), 13, 11, 4, newWidth, newHeight, kernel)));
      DeepImage resized = deep.resize(newWidth, newHeight, kernel);
      assertThat(resized.toString()).isEqualTo(expected.toString().replace("8 bits", "16 bits"));
      for (int i = 0; i < expected.levels().length(); i++) {
        // Both round twice: half a level of 8 bits each, the first one weighed by the kernel.
        double difference = resized.levels().get(i) / 257.0 - expected.levels().get(i);
        assertThat(Math.abs(difference)).isLessThan(1.3);
      }
    }
  }

  @Test
  void wideLevelsAreWeighedExactly() {
    // Twice the columns, bilinear: 3/4 and 1/4 of neighbours.
    Levels levels = Levels.of(new short[] {0, 1000, (short) 65535});
    DeepImage row = new DeepImage(3, 1, 1, false, levels);
    assertLevels(
        row.resize(6, 1, Interpolation.BILINEAR), 1, false, 16, 0, 250, 750, 17134, 49401, 65535);
    assertLevels(
        new DeepImage(1, 3, 1, false, levels).resize(1, 6, Interpolation.BILINEAR),
        1,
        false,
        16,
        0,
        250,
        750,
        17134,
        49401,
        65535);
    short[] white = new short[30];
    Arrays.fill(white, (short) -1);
    DeepImage flat = new DeepImage(5, 2, 3, false, Levels.of(white));
    DeepImage large = flat.resize(17, 9, Interpolation.BICUBIC);
    for (int i = 0; i < large.levels().length(); i++) {
      assertThat(large.levels().get(i)).isEqualTo(65535);
    }
  }

  @Test
  void wrongSizesAreRefused() {
    assertThatThrownBy(() -> new DeepImage(2, 2, 3, true, Levels.of(new byte[15])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("16 levels", "got 15");
    assertThatThrownBy(() -> new DeepImage(2, 2, 2, false, Levels.of(new byte[8])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("colours");
    assertThatThrownBy(() -> new DeepImage(0, 2, 1, false, Levels.of(new byte[0])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x2");
    assertThatThrownBy(() -> Levels.allocate(12, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 12");
    assertThatThrownBy(() -> Levels.allocate(8, 1L << 31))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2147483648");
    DeepImage wide = random(2, 2, 1, false, 16);
    assertThatThrownBy(() -> wide.resize(0, 1, Interpolation.BILINEAR))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x1");
    assertThatThrownBy(() -> wide.resize(70_000, 70_000, Interpolation.BILINEAR))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too large");
  }

  @Test
  void whatIsNoPictureIsRefused(@TempDir Path folder) {
    assertThatThrownBy(() -> DeepImage.read(folder))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageContaining("directory");
    assertThatThrownBy(() -> DeepImage.read(folder.resolve("none.png")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> DeepImage.read(new byte[] {'I', 'I', '*', 0, 1}, "x.tif"))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageStartingWith("x.tif: ");
    assertThatThrownBy(() -> DeepImage.read(new byte[3], "x"))
        .isInstanceOf(InvalidImageException.class);
    assertThatThrownBy(
            () -> random(2, 2, 1, false, 8).write(folder.resolve("none").resolve("x.png")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void theStreamStaysOpen() throws Exception {
    boolean[] closed = {false};
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) {
            bytes.write(b);
          }

          @Override
          public void close() {
            closed[0] = true;
          }
        };
    random(30, 20, 3, false, 8).write(out);
    assertThat(closed[0]).isFalse();
    assertThat(ImageIO.read(new ByteArrayInputStream(bytes.toByteArray())).getWidth())
        .isEqualTo(30);
  }
}
