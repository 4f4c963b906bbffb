package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path folder;

  private void assertOnly(Path file) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void writesAndReplaces() throws Exception {
    Path file = folder.resolve("metrics.csv");
    AtomicFiles.writeText(file, "first, longer\n");
    AtomicFiles.writeText(file, "zweite Fassung ü\n");
    assertThat(file).hasContent("zweite Fassung ü\n");
    assertOnly(file);
  }

  @Test
  void theOldFileStandsUntilTheNewOneIsComplete() throws Exception {
    Path file = folder.resolve("a.bin");
    AtomicFiles.writeText(file, "old");
    AtomicFiles.write(
        file,
        channel -> {
          AtomicFiles.writeAll(channel, ByteBuffer.wrap(new byte[] {'n', 'e', 'w'}));
          assertThat(file).hasContent("old");
        });
    assertThat(file).hasContent("new");
  }

  @Test
  void aFailureHalfWayLeavesTheOldFileAndNothingElse() throws Exception {
    Path file = folder.resolve("a.bin");
    AtomicFiles.writeText(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[5]));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("No space left on device");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      throw new IllegalStateException("closed");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file).hasContent("old");
    assertOnly(file);
  }

  @Test
  void aFolderInThePlaceOfTheFileIsLeftAlone() throws Exception {
    Path inTheWay = Files.createDirectory(folder.resolve("a.bin"));
    assertThatThrownBy(() -> AtomicFiles.writeText(inTheWay, "x")).isInstanceOf(IOException.class);
    assertThat(inTheWay).isDirectory();
    assertOnly(inTheWay);
  }

  @Test
  void aMissingFolderIsNamed() {
    assertThatThrownBy(() -> AtomicFiles.writeText(folder.resolve("no/a.txt"), "x"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("create it first");
  }
}
