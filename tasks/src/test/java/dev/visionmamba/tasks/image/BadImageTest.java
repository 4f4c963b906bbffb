package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes that are no usable image, with OpenCV and with ImageIO alone. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BadImageTest {
  private static final boolean[] BOTH = {true, false};

  @BeforeAll
  static void openCvIsThere() {
    assertThat(ImageDecoder.openCvPresent()).isTrue();
  }

  private static void assertRefused(byte[] bytes, String... words) {
    for (boolean openCv : BOTH) {
      assertThatThrownBy(() -> ImageDecoder.decode(bytes, "cat.img", openCv))
          .isInstanceOf(InvalidImageException.class)
          .hasMessageStartingWith("cat.img: ")
          .hasMessageContainingAll(words)
          .message()
          .hasLineCount(1);
    }
  }

  @Test
  void whatIsNoImageIsNamed() {
    byte[] garbage = new byte[1000];
    new Random(1).nextBytes(garbage);
    assertRefused(new byte[0], "no bytes");
    assertRefused(new byte[1], "not a PNG, JPEG, GIF or BMP");
    assertRefused(garbage, "not a PNG, JPEG, GIF or BMP");
    assertRefused("<html>404</html>".getBytes(StandardCharsets.US_ASCII), "not a PNG");
    assertRefused("RIFF1234WEBPVP8 ".getBytes(StandardCharsets.US_ASCII), "WebP", "convert it");
    assertRefused(new byte[] {'I', 'I', '*', 0, 8, 0, 0, 0}, "TIFF");
    assertRefused("\0\0\0\34ftypavif\0\0\0\0".getBytes(StandardCharsets.US_ASCII), "AVIF or HEIF");
  }

  @Test
  void everyCutIsRefused() throws IOException {
    int cuts = 0;
    for (Path file : Fixtures.encoded()) {
      String name = file.getFileName().toString();
      if (name.contains("trailing") || name.contains("two-images") || name.contains("animated")) {
        continue; // What follows the first image is not needed.
      }
      byte[] whole = Fixtures.encoded(name);
      // A GIF's last byte, its trailer, follows the first frame.
      int end = name.endsWith(".gif") ? whole.length - 1 : whole.length;
      int step = Math.max(1, whole.length / 40);
      for (int length = 0; length < end; length += length + 24 < end ? step : 1) {
        byte[] cut = Arrays.copyOf(whole, length);
        for (boolean openCv : BOTH) {
          assertThat(catchThrowable(() -> ImageDecoder.decode(cut, name, openCv)))
              .as("%s cut to %d of %d bytes, OpenCV %s", name, length, whole.length, openCv)
              .isInstanceOf(InvalidImageException.class);
          cuts++;
        }
      }
    }
    assertThat(cuts).isGreaterThan(5000);
  }

  @Test
  void cutsAreToldAsSuch() {
    for (String name :
        new String[] {"png-filters.png", "jpeg-420-odd.jpg", "gif-plain.gif", "bmp-24bit.bmp"}) {
      byte[] whole = Fixtures.encoded(name);
      assertRefused(Arrays.copyOf(whole, whole.length / 2), "cut short", "fetch or save it again");
    }
  }

  @Test
  void damageNeverGivesAnythingButAnImageOrARefusal() {
    Random random = new Random(2);
    int refused = 0;
    int decoded = 0;
    for (Path file : Fixtures.encoded()) {
      String name = file.getFileName().toString();
      byte[] whole = Fixtures.encoded(name);
      for (int trial = 0; trial < 40; trial++) {
        byte[] damaged = whole.clone();
        for (int i = 0; i <= trial % 4; i++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        for (boolean openCv : BOTH) {
          try {
            assertThat(ImageDecoder.decode(damaged, name, openCv).width()).isPositive();
            decoded++;
          } catch (InvalidImageException e) {
            assertThat(e).hasMessageStartingWith(name + ": ");
            refused++;
          }
        }
      }
    }
    assertThat(refused).isGreaterThan(1000);
    assertThat(decoded).isGreaterThan(1000);
  }

  @Test
  void aWholePngWithTooFewRowsIsRefused() {
    byte[] rows = new byte[31 * 20];
    new Random(3).nextBytes(rows);
    for (int y = 0; y < 20; y++) {
      rows[31 * y] = 0;
    }
    assertThat(catchThrowable(() -> ImageDecoder.decode(PngBytes.rgb(10, 20, rows), "whole")))
        .isNull();
    for (int length : new int[] {0, 1, 31, 310, 31 * 19, rows.length - 1}) {
      assertRefused(PngBytes.rgb(10, 20, Arrays.copyOf(rows, length)), "fetch or save it again");
    }
    byte[] cutStream = Arrays.copyOf(PngBytes.deflated(rows), 100);
    assertRefused(
        new PngBytes()
            .header(10, 20, 8, 2)
            .chunk("IDAT", cutStream)
            .chunk("IEND", new byte[0])
            .bytes(),
        "fetch or save it again");
  }

  @Test
  void aDamagedPngChunkIsRefused() {
    byte[] bytes = Fixtures.encoded("png-filters.png");
    bytes[bytes.length / 2] ^= 1;
    assertRefused(bytes, "damaged", "checksum");
  }

  @Test
  void aJpegWithAMissingPartIsRefusedThoughItsMarkersAreThere() {
    String[] names = {"jpeg-photo-420.jpg", "jpeg-440.jpg", "jpeg-cmyk.jpg", "jpeg-grey.jpg"};
    for (String name : names) {
      byte[] whole = Fixtures.encoded(name);
      int data = find(whole, 0xFF, 0xDA) + 20;
      for (int end = data; end < whole.length - 4; end += 25) {
        byte[] cut = Arrays.copyOf(whole, end + 2);
        cut[end] = (byte) 0xFF;
        cut[end + 1] = (byte) 0xD9;
        assertRefused(cut, "ends early");
      }
    }
  }

  @Test
  void hugeHeadersAreRefusedBeforeMemoryIsTaken() {
    String[] words = {"pixels are more than the 178956970", "scale the image down"};
    assertRefused(PngBytes.rgb(100_000, 100_000, new byte[100]), "100000x100000", words[0]);
    byte[] jpeg = Fixtures.encoded("jpeg-420-odd.jpg");
    int frame = find(jpeg, 0xFF, 0xC0);
    Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0xFF);
    assertRefused(jpeg, "65535x65535", words[0], words[1]);
    byte[] gif = Fixtures.encoded("gif-plain.gif");
    Arrays.fill(gif, 6, 10, (byte) 0xFF);
    assertRefused(gif, "65535x65535", words[0]);
    byte[] bmp = Fixtures.encoded("bmp-24bit.bmp");
    Arrays.fill(bmp, 18, 21, (byte) 0x7F);
    Arrays.fill(bmp, 22, 25, (byte) 0x7F);
    assertRefused(bmp, words[0]);
  }

  @Test
  void aSmallFileCanNotHoldAHugePicture() {
    byte[] png = PngBytes.rgb(13_000, 13_000, new byte[100]);
    assertRefused(png, "can not fill 13000x13000 pixels");
  }

  @Test
  void emptyPicturesAreRefused() {
    assertRefused(PngBytes.rgb(0, 5, new byte[0]), "empty image of 0x5");
    assertRefused(PngBytes.rgb(5, -1, new byte[0]), "5x-1");
    byte[] jpeg = Fixtures.encoded("jpeg-420-odd.jpg");
    int frame = find(jpeg, 0xFF, 0xC0);
    Arrays.fill(jpeg, frame + 5, frame + 7, (byte) 0);
    assertRefused(jpeg, "empty image");
    assertRefused("GIF89a\1\0\1\0\0\0\0;".getBytes(StandardCharsets.ISO_8859_1), "no frame");
  }

  @Test
  void unsupportedKindsAreNamed() {
    byte[] jpeg = Fixtures.encoded("jpeg-420-odd.jpg");
    int frame = find(jpeg, 0xFF, 0xC0);
    jpeg[frame + 1] = (byte) 0xC3;
    assertRefused(jpeg, "lossless", "not supported");
    jpeg[frame + 1] = (byte) 0xC1;
    jpeg[frame + 4] = 12;
    assertRefused(jpeg, "12 bits");
    assertRefused(
        new PngBytes().header(1, 1, 8, 2).chunk("CgBI", new byte[4]).bytes(), "unknown PNG chunk");
    assertRefused(new PngBytes().header(1, 1, 3, 2).bytes(), "header is not valid");
    assertRefused(
        new PngBytes()
            .header(1, 1, 8, 3)
            .chunk("IDAT", PngBytes.deflated(new byte[2]))
            .chunk("IEND", new byte[0])
            .bytes(),
        "no palette");
  }

  @Test
  void tooManyScansAreRefused() {
    byte[] jpeg = Fixtures.encoded("jpeg-grey.jpg");
    int scan = find(jpeg, 0xFF, 0xDA);
    byte[] many = Arrays.copyOf(jpeg, scan + 501 * 10 + 2);
    for (int i = 0; i < 501; i++) {
      System.arraycopy(jpeg, scan, many, scan + 10 * i, 10);
    }
    many[many.length - 2] = (byte) 0xFF;
    many[many.length - 1] = (byte) 0xD9;
    assertRefused(many, "over 500 scans");
  }

  @Test
  void anEndlessStreamIsRefused() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] buffer, int from, int length) {
            return length;
          }
        };
    assertThatThrownBy(() -> ImageDecoder.decode(endless, "zeros"))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageContaining("zeros: over 536870912 bytes");
  }

  private static int find(byte[] bytes, int first, int second) {
    for (int i = 0; i < bytes.length - 1; i++) {
      if ((bytes[i] & 0xff) == first && (bytes[i + 1] & 0xff) == second) {
        return i;
      }
    }
    throw new AssertionError("marker not found");
  }
}
