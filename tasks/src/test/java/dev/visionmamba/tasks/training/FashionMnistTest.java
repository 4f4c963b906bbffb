package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.training.FashionMnist.Split;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FashionMnistTest {
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";

  @TempDir Path folder;

  /** Three images of two rows and four columns: pixels 232 to 255, labels 0, 9, 4. */
  @BeforeEach
  void writeGoodFiles() throws IOException {
    byte[] pixels = new byte[24];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (232 + i);
    }
    Files.write(folder.resolve(IMAGES), idx(pixels, 0x803, 3, 2, 4));
    Files.write(folder.resolve(LABELS), idx(new byte[] {0, 9, 4}, 0x801, 3));
  }

  private static byte[] idx(byte[] data, int... header) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * header.length + data.length);
    for (int value : header) {
      bytes.putInt(value);
    }
    return bytes.put(data).array();
  }

  private void compress(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(name));
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve(name + ".gz")))) {
      out.write(bytes);
    }
    Files.delete(folder.resolve(name));
  }

  private void assertRefused(String... messages) {
    assertThatThrownBy(() -> FashionMnist.load(folder, Split.TRAIN))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll(messages);
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "true, true"})
  void readsPlainAndCompressedFiles(boolean compressImages, boolean compressLabels)
      throws Exception {
    if (compressImages) {
      compress(IMAGES);
    }
    if (compressLabels) {
      compress(LABELS);
    }
    LabelledImages read = FashionMnist.load(folder, Split.TRAIN);
    assertThat(read.count()).isEqualTo(3);
    assertThat(read.height()).isEqualTo(2);
    assertThat(read.width()).isEqualTo(4);
    assertThat(new int[] {read.label(0), read.label(1), read.label(2)}).containsExactly(0, 9, 4);
    assertThat(read.classNames().get(read.label(1))).isEqualTo("Ankle boot");
    assertThat(read.pixel(0, 0, 0)).isEqualTo(232);
    assertThat(read.pixel(1, 1, 2)).isEqualTo(232 + 8 + 4 + 2);
    ByteBuffer last = read.image(2);
    assertThat(last.isReadOnly()).isTrue();
    assertThat(last.remaining()).isEqualTo(8);
    assertThat(last.get(7) & 0xFF).isEqualTo(255);
    assertThatThrownBy(() -> read.image(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> read.pixel(0, 0, 4)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void theTestSplitHasItsOwnFiles() throws Exception {
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), idx(new byte[] {5}, 0x803, 1, 1, 1));
    Files.write(folder.resolve("t10k-labels-idx1-ubyte"), idx(new byte[] {7}, 0x801, 1));
    LabelledImages read = FashionMnist.load(folder, Split.TEST);
    assertThat(read.count()).isEqualTo(1);
    assertThat(read.pixel(0, 0, 0)).isEqualTo(5);
    assertThat(read.label(0)).isEqualTo(7);
  }

  @Test
  void missingFilesSayWhereToGetThem() throws Exception {
    assertThatThrownBy(() -> FashionMnist.load(folder.resolve("none"), Split.TRAIN))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("no folder", "none", "dataset-fashion-mnist", "https://");
    Files.delete(folder.resolve(LABELS));
    assertRefused(LABELS, LABELS + ".gz", "dataset-fashion-mnist", "https://");
  }

  @Test
  void swappedAndForeignFilesAreRefused() throws Exception {
    Files.write(folder.resolve(LABELS), idx(new byte[24], 0x803, 3, 2, 4));
    assertRefused(LABELS, "starts with 0x00000803, not 0x00000801");
    writeGoodFiles();
    Files.writeString(folder.resolve(IMAGES), "<!DOCTYPE html><html>");
    assertRefused(IMAGES, "starts with 0x3c21444f");
  }

  @Test
  void countsMustAgree() throws Exception {
    Files.write(folder.resolve(LABELS), idx(new byte[2], 0x801, 2));
    assertRefused(IMAGES, "3 images", LABELS, "2 labels");
  }

  @Test
  void labelsAboveNineAreRefused() throws Exception {
    Files.write(folder.resolve(LABELS), idx(new byte[] {0, 9, 10}, 0x801, 3));
    assertRefused(LABELS, "label 10 at index 2");
    Files.write(folder.resolve(LABELS), idx(new byte[] {0, -1, 1}, 0x801, 3));
    assertRefused("label 255 at index 1");
  }

  @Test
  void truncatedAndTooLongFilesAreRefused() throws Exception {
    byte[] good = Files.readAllBytes(folder.resolve(IMAGES));
    for (int length = 0; length < good.length; length++) {
      Files.write(folder.resolve(IMAGES), Arrays.copyOf(good, length));
      assertRefused(IMAGES, "truncated");
    }
    Files.write(folder.resolve(IMAGES), Arrays.copyOf(good, good.length + 1));
    assertRefused(IMAGES, "goes on after the 40 bytes");
    compress(IMAGES);
    assertRefused(IMAGES + ".gz", "goes on after the 40 bytes");
  }

  @Test
  void damagedCompressionIsRefused() throws Exception {
    compress(IMAGES);
    Path file = folder.resolve(IMAGES + ".gz");
    byte[] good = Files.readAllBytes(file);
    for (int length = 0; length < good.length; length++) {
      Files.write(file, Arrays.copyOf(good, length));
      assertRefused(file.toString());
    }
    byte[] flipped = good.clone();
    flipped[good.length - 6] ^= 1; // in the checksum
    Files.write(file, flipped);
    assertRefused(file.toString(), "cannot be read");
    Files.write(file, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    assertRefused(file.toString(), "cannot be read");
  }

  @Test
  void announcedSizesAreNotAllocatedUnseen() throws Exception {
    Path images = folder.resolve(IMAGES);
    Files.write(images, idx(new byte[0], 0x803, 1 << 20, 16, 16));
    assertRefused("truncated: it announces 268435472 bytes");
    Files.write(images, idx(new byte[0], 0x803, Integer.MAX_VALUE, Integer.MAX_VALUE, 4));
    assertRefused("dimension 0 is 2147483647");
    Files.write(images, idx(new byte[0], 0x803, 3, -1, 4));
    assertRefused("dimension 1 is 4294967295");
    Files.write(images, idx(new byte[0], 0x803, 3, 0, 4));
    assertRefused("0 x 4 pixels");
    Files.write(images, idx(new byte[0], 0x803, 1 << 20, 16, 16));
    compress(IMAGES);
    assertRefused("truncated");
  }

  @ParameterizedTest
  @EnumSource(Split.class)
  @EnabledIfSystemProperty(named = "fashion-mnist.dir", matches = ".+")
  void readsThePublishedFiles(Split split) throws Exception {
    LabelledImages read =
        FashionMnist.load(Path.of(System.getProperty("fashion-mnist.dir")), split);
    int[] perClass = new int[10];
    for (int i = 0; i < read.count(); i++) {
      perClass[read.label(i)]++;
    }
    int expected = split == Split.TRAIN ? 6000 : 1000;
    assertThat(perClass).containsOnly(expected);
    assertThat(new int[] {read.count(), read.height(), read.width()})
        .containsExactly(10 * expected, 28, 28);
  }
}
