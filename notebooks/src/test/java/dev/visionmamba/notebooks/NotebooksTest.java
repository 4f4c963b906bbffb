package dev.visionmamba.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every cell of every notebook runs and gives what is stored. {@code -Dnotebooks.update=true}
 * stores what the cells give instead.
 */
class NotebooksTest {
  private static final Path FOLDER = Path.of("");

  static List<Path> notebooks() throws Exception {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".ipynb")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void runsAndGivesWhatIsStored(Path file) throws Exception {
    Notebook notebook = Notebook.read(file);
    if (Boolean.getBoolean("notebooks.update")) {
      StoredOutputs.update(notebook);
      Files.writeString(file, notebook.toJson());
    }
    assertThat(StoredOutputs.differences(notebook)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void isWrittenAsJupyterDoes(Path file) throws Exception {
    assertThat(Notebook.read(file).toJson()).isEqualTo(Files.readString(file));
  }

  /** The first cell fetches the library. */
  @ParameterizedTest
  @MethodSource("notebooks")
  void beginsWithTheDependency(Path file) throws Exception {
    assertThat(Notebook.read(file).codeCells().get(0).source())
        .startsWith("%dependency /add dev.visionmamba:visionmamba-tasks:");
  }

  /** Which the kernel has made already; a second time, it loses its function display. */
  @ParameterizedTest
  @MethodSource("notebooks")
  void doesNotImportAllOfJavaUtil(Path file) throws Exception {
    assertThat(Notebook.read(file).codeCells())
        .noneMatch(cell -> cell.source().contains("import java.util.*;"));
  }

  @Test
  void theReadmeListsThemAll() throws Exception {
    String readme = Files.readString(FOLDER.resolve("README.md"));
    assertThat(notebooks()).hasSize(7);
    assertThat(notebooks()).allSatisfy(file -> assertThat(readme).contains("(" + file + ")"));
  }
}
