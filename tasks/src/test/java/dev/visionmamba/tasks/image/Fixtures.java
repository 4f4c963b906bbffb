package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** What make_image_fixtures.py wrote. */
final class Fixtures {
  private Fixtures() {}

  /** Interleaved levels with their size. */
  record Pixels(int width, int height, byte[] levels) {
    /** Demands the same size and the same levels, and tells where the first differs. */
    void assertSame(String name, int otherWidth, int otherHeight, byte[] other) {
      assertThat(otherWidth + "x" + otherHeight).as(name).isEqualTo(width + "x" + height);
      assertThat(other).as(name).hasSameSizeAs(levels);
      for (int i = 0; i < levels.length; i++) {
        if (levels[i] != other[i]) {
          throw new AssertionError(
              "%s: level %d is %d, PIL has %d; the largest difference is %d"
                  .formatted(name, i, other[i] & 0xff, levels[i] & 0xff, difference(other)));
        }
      }
    }

    /** The largest difference of two levels. */
    int difference(byte[] other) {
      int largest = 0;
      for (int i = 0; i < levels.length; i++) {
        largest = Math.max(largest, Math.abs((levels[i] & 0xff) - (other[i] & 0xff)));
      }
      return largest;
    }
  }

  static Path folder(String name) {
    try {
      return Path.of(Fixtures.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All encoded images of the folder "decode". */
  static List<Path> encoded() {
    try (Stream<Path> files = Files.list(folder("decode"))) {
      return files.filter(file -> !file.toString().endsWith(".gz")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] encoded(String name) {
    return bytes("decode/" + name);
  }

  /** What PIL makes of an encoded image. */
  static Pixels decoded(String name) {
    return pixels("decode/" + name + ".rgb.gz");
  }

  static PixelImage source(String name) throws IOException {
    return ImageDecoder.decode(folder("sources").resolve(name + ".png"));
  }

  /** Lines of words; the script's docstrings tell what each is. */
  static List<String> cases(String folder) {
    String text = new String(bytes(folder + "/cases.txt"), StandardCharsets.US_ASCII);
    return text.lines().toList();
  }

  static Pixels pixels(String name) {
    byte[] data = unzipped(name);
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
      return new Pixels(in.readInt(), in.readInt(), in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] unzipped(String name) {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes(name)))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(String name) {
    try (InputStream in = Fixtures.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
