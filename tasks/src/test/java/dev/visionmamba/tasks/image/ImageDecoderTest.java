package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoded pixels against PIL's, with OpenCV and with ImageIO alone. */
class ImageDecoderTest {
  @BeforeAll
  static void openCvIsThere() {
    assertThat(ImageDecoder.openCvPresent()).isTrue();
  }

  static Stream<Arguments> everyKindTwice() {
    List<Path> files = Fixtures.encoded();
    assertThat(files).hasSizeGreaterThan(100);
    return files.stream()
        .map(file -> file.getFileName().toString())
        .flatMap(name -> Stream.of(Arguments.of(name, true), Arguments.of(name, false)));
  }

  @ParameterizedTest
  @MethodSource("everyKindTwice")
  void pixelsArePils(String name, boolean openCv) throws IOException {
    Fixtures.Pixels expected = Fixtures.decoded(name);

    PixelImage image = ImageDecoder.decode(Fixtures.encoded(name), name, openCv);

    if (name.equals("jpeg-440.jpg") && !openCv) {
      // JDKs with libjpeg 6b repeat the chroma rows where libjpeg-turbo interpolates.
      assertThat(image.width()).isEqualTo(expected.width());
      assertThat(image.height()).isEqualTo(expected.height());
      assertThat(expected.difference(image.rgb())).isLessThanOrEqualTo(60);
      return;
    }
    expected.assertSame(name, image.width(), image.height(), image.rgb());
  }

  @Test
  void pathsStreamsAndBytesGiveTheSame() throws IOException {
    String name = "png-filters.png";
    PixelImage image = ImageDecoder.decode(Fixtures.folder("decode").resolve(name));
    boolean[] closed = {false};
    InputStream stream =
        new ByteArrayInputStream(Fixtures.encoded(name)) {
          @Override
          public void close() {
            closed[0] = true;
          }
        };

    assertThat(ImageDecoder.decode(stream, name)).isEqualTo(image);
    assertThat(ImageDecoder.decode(Fixtures.encoded(name), name)).isEqualTo(image);
    assertThat(closed[0]).isFalse();
    assertThat(stream.read()).isEqualTo(-1);
  }

  @Test
  void theGivenBytesStayAsTheyAre() throws IOException {
    for (String name : List.of("jpeg-grey.jpg", "jpeg-cmyk.jpg", "png-exif6.png")) {
      byte[] bytes = Fixtures.encoded(name);
      ImageDecoder.decode(bytes, name, true);
      ImageDecoder.decode(bytes, name, false);
      assertThat(bytes).as(name).isEqualTo(Fixtures.encoded(name));
    }
  }

  @Test
  void extremeShapesDecode() throws IOException {
    PixelImage ribbon = Fixtures.source("ribbon");
    assertThat(ribbon.width()).isEqualTo(20000);
    assertThat(ribbon.height()).isEqualTo(3);
    byte[] png = PngBytes.rgb(3, 1 << 21, new byte[10 * (1 << 21)]); // Over OpenCV's own limit.
    for (boolean openCv : new boolean[] {true, false}) {
      PixelImage column = ImageDecoder.decode(png, "column", openCv);
      assertThat(column.height()).isEqualTo(1 << 21);
    }
  }

  @Test
  void manyThreadsDecodeAtOnce() throws Exception {
    List<Path> files = Fixtures.encoded();
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> jobs =
          IntStream.range(0, 8)
              .<Future<?>>mapToObj(
                  job ->
                      pool.submit(
                          () -> {
                            for (Path file : files) {
                              String name = file.getFileName().toString();
                              PixelImage image = ImageDecoder.decode(file);
                              Fixtures.decoded(name)
                                  .assertSame(name, image.width(), image.height(), image.rgb());
                            }
                            return null;
                          }))
              .toList();
      for (Future<?> job : jobs) {
        job.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void decodesWithoutOpenCvOnTheClassPath() throws Exception {
    URL classes = location(ImageDecoder.class);
    URL tests = location(Fixtures.class);
    try (HidingLoader loader = new HidingLoader(new URL[] {classes, tests})) {
      Class<?> decoder = loader.loadClass(ImageDecoder.class.getName());
      assertThat(decoder).isNotSameAs(ImageDecoder.class);
      assertThat(decoder.getMethod("openCvPresent").invoke(null)).isEqualTo(false);

      String name = "jpeg-photo-420.jpg";
      Object image =
          decoder
              .getMethod("decode", byte[].class, String.class)
              .invoke(null, Fixtures.encoded(name), name);

      byte[] rgb = (byte[]) image.getClass().getMethod("rgb").invoke(image);
      Fixtures.Pixels expected = Fixtures.decoded(name);
      expected.assertSame(name, expected.width(), expected.height(), rgb);
    }
  }

  private static URL location(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }

  /** Loads this project's classes itself and denies that OpenCV exists. */
  private static final class HidingLoader extends URLClassLoader {
    HidingLoader(URL[] urls) {
      super(urls, ImageDecoderTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.opencv.") || name.startsWith("nu.pattern.")) {
        throw new ClassNotFoundException(name);
      }
      if (name.startsWith("dev.visionmamba.tasks.image.")) {
        synchronized (getClassLoadingLock(name)) {
          Class<?> loaded = findLoadedClass(name);
          return loaded != null ? loaded : findClass(name);
        }
      }
      return super.loadClass(name, resolve);
    }
  }

  @Test
  void aMissingFileIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> ImageDecoder.decode(folder.resolve("cat.jpg")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("cat.jpg")
        .hasMessageContaining("no such image file");
  }

  @Test
  void aFolderIsNotAnImage(@TempDir Path folder) {
    assertThatThrownBy(() -> ImageDecoder.decode(folder))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("directory");
  }

  @Test
  void aFileIsReleasedAfterDecoding(@TempDir Path folder) throws IOException {
    Path handles = Path.of("/proc/self/fd");
    Assumptions.assumeTrue(Files.isDirectory(handles));
    Path good = Files.write(folder.resolve("a.png"), Fixtures.encoded("png-1x1.png"));
    Path bad = Files.write(folder.resolve("b.png"), new byte[100]);
    for (int i = 0; i < 20; i++) {
      ImageDecoder.decode(good);
      assertThatThrownBy(() -> ImageDecoder.decode(bad)).isInstanceOf(InvalidImageException.class);
    }
    try (Stream<Path> open = Files.list(handles)) {
      assertThat(open.filter(handle -> pointsInto(handle, folder))).isEmpty();
    }
  }

  private static boolean pointsInto(Path handle, Path folder) {
    try {
      return Files.readSymbolicLink(handle).startsWith(folder);
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void fixturesAreNotAllAlike() throws URISyntaxException {
    // A guard on the guard: each orientation gives other pixels.
    List<byte[]> turned =
        IntStream.rangeClosed(1, 8)
            .mapToObj(tag -> Fixtures.decoded("jpeg-exif" + tag + ".jpg").levels())
            .toList();
    for (int i = 0; i < turned.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertThat(turned.get(i)).isNotEqualTo(turned.get(j));
      }
    }
    assertThat(Fixtures.decoded("jpeg-exif6.jpg").width()).isEqualTo(16);
  }
}
