package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Links within documents, and to files of the project, lead somewhere; so do pictures. */
class ReadmeLinksTest {
  private static final Pattern LINK = Pattern.compile("(?:\\]\\(|src=\")([^)\"\\s]+)");

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"})
  void linksLeadSomewhere(String name) throws IOException {
    Path document = ReadmeCommands.PROJECT.resolve(name);
    Matcher link = LINK.matcher(Files.readString(document));
    while (link.find()) {
      String target = link.group(1);
      if (target.startsWith("https://")) {
        continue;
      }
      int hash = target.indexOf('#');
      String file = hash < 0 ? target : target.substring(0, hash);
      Path place = file.isEmpty() ? document : document.resolveSibling(file);
      assertThat(place).exists();
      if (hash >= 0) {
        assertThat(headings(place)).contains(target.substring(hash + 1));
      }
    }
  }

  /** The names by which GitHub knows a document's headings. */
  private static List<String> headings(Path document) throws IOException {
    return Files.readAllLines(document).stream()
        .filter(line -> line.matches("#+ .*"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^\\w -]", "").replace(' ', '-'))
        .toList();
  }
}
