package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.scans.ScanStrategies;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScanPathsCommandTest {
  @TempDir private Path folder;

  private static CommandLineRun run(String... options) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("scan-paths"), Stream.of(options)).toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({"cross, 8x12", "continuous, 7X5", "window-4, 8x8", "atrous-3, 1x1", "local-v, 2x3"})
  void drawsAStrategy(String strategy, String size) throws Exception {
    Path file = folder.resolve(strategy + ".png");
    CommandLineRun run = run("--strategy", strategy, "--size", size, "--out", file.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out().strip()).isEqualTo(file.toString());
    assertThat(ImageIO.read(file.toFile()).getWidth()).isGreaterThan(500);
  }

  @Test
  void drawsTheCrossScanUnlessToldOtherwise() throws Exception {
    Path first = folder.resolve("first.png");
    Path second = folder.resolve("second.png");
    assertThat(run("--out", first.toString()).code()).isZero();
    assertThat(run("--strategy=cross", "--size=8x12", "--out", second.toString()).code()).isZero();
    assertThat(second).hasSameBinaryContentAs(first);
  }

  @Test
  void listsTheStrategies() {
    CommandLineRun run = run("--list");
    assertThat(run.code()).isZero();
    for (String name : ScanStrategies.names()) {
      assertThat(run.out()).contains(" " + name + " ").contains(ScanStrategies.description(name));
    }
  }

  @Test
  void helpNamesTheStrategies() {
    CommandLineRun run = run("--help");
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Usage: visionmamba scan-paths").contains("--list");
    String text = run.out().replaceAll("\\s+", " ");
    assertThat(text).contains(String.join(", ", ScanStrategies.names()));
  }

  @ParameterizedTest
  @CsvSource({
    "--strategy, cros, did you mean cross?",
    "--strategy, atrous-0, atrous-0 must be a whole number",
    "--strategy, local-q, no local direction",
    "--size, 8, rows x columns",
    "--size, 8x, rows x columns",
    "--size, 8x-12, rows x columns",
    "--size, 0x12, 1 to 256",
    "--size, 8x257, 1 to 256",
    "--size, 999999999x1, 1 to 256",
    "--size, 9999999999x1, rows x columns"
  })
  void wrongUseExitsWithTwo(String option, String value, String message) {
    Path file = folder.resolve("never.png");
    CommandLineRun run = run(option, value, "--out", file.toString());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines().findFirst().orElseThrow()).contains(message);
    assertThat(run.err()).doesNotContain("\tat ", "Exception");
    assertThat(file).doesNotExist();
  }

  @Test
  void whatCannotBeDrawnOrWrittenIsOneLine() {
    Path file = folder.resolve("none").resolve("x.png");
    CommandLineRun unwritable = run("--out", file.toString());
    assertThat(unwritable.code()).isEqualTo(1);
    assertThat(unwritable.err().lines()).hasSize(1);
    assertThat(unwritable.err()).startsWith("visionmamba: ").contains("does not exist");
    CommandLineRun isFolder = run("--out", folder.toString());
    assertThat(isFolder.code()).isEqualTo(1);
    assertThat(isFolder.err().lines()).hasSize(1);
    assertThat(Files.isDirectory(folder)).isTrue();
    CommandLineRun tooMany =
        run("--strategy", "atrous-16", "--size", "64x64", "--out", file.toString());
    assertThat(tooMany.code()).isEqualTo(1);
    assertThat(tooMany.err().lines()).hasSize(1);
    assertThat(tooMany.err()).contains("256 directions", "at most 64");
  }
}
