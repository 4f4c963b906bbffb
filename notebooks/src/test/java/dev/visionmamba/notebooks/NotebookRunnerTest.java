package dev.visionmamba.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.visionmamba.notebooks.NotebookRunner.CellException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What would be wrong with a notebook is found. */
class NotebookRunnerTest {
  private static final String PICTURE =
      """
      import java.awt.image.BufferedImage;
      BufferedImage picture = new BufferedImage(%d, 2, BufferedImage.TYPE_INT_RGB);
      System.out.println("before");
      picture.setRGB(0, 0, 0x%06x);
      display(picture);
      System.out.println("after");
      """;

  /** A notebook of cells without outputs. */
  private static Notebook notebook(String... sources) {
    JsonArray cells = new JsonArray();
    for (String source : sources) {
      JsonObject cell = new JsonObject();
      cell.addProperty("cell_type", "code");
      JsonObject metadata = new JsonObject();
      JsonArray lines = new JsonArray();
      lines.add(source);
      cell.add("metadata", metadata);
      cell.add("source", lines);
      cell.add("outputs", new JsonArray());
      cells.add(cell);
    }
    JsonObject json = new JsonObject();
    json.add("cells", cells);
    return Notebook.parse(json.toString());
  }

  /** The outputs of one notebook's cells under the sources of another. */
  private static Notebook stored(String before, String after) throws Exception {
    Notebook notebook = notebook(before);
    StoredOutputs.update(notebook);
    Notebook changed = notebook(after);
    changed.codeCells().get(0).store(notebook.codeCells().get(0).outputs());
    return changed;
  }

  private static List<String> differences(String before, String after) throws Exception {
    return StoredOutputs.differences(stored(before, after));
  }

  @Test
  void whatIsStoredIsGivenAgain() throws Exception {
    Notebook notebook =
        notebook(
            "%dependency /add some:thing:1\n%dependency /resolve\nint x = 3;",
            "// Cells know those before them.\nSystem.out.println(2 * x);",
            PICTURE.formatted(4, 0xff0000));
    StoredOutputs.update(notebook);
    assertThat(notebook.codeCells().get(1).outputs()).containsExactly(new Output.Text("6\n"));
    List<Output> outputs = notebook.codeCells().get(2).outputs();
    assertThat(outputs).hasSize(3);
    assertThat(outputs.get(0)).isEqualTo(new Output.Text("before\n"));
    Output.Picture picture = (Output.Picture) outputs.get(1);
    assertThat(picture.image().getWidth()).isEqualTo(4);
    assertThat(picture.image().getRGB(0, 0) & 0xffffff).isEqualTo(0xff0000);
    assertThat(outputs.get(2)).isEqualTo(new Output.Text("after\n"));
    Notebook again = Notebook.parse(notebook.toJson());
    assertThat(again.toJson()).isEqualTo(notebook.toJson());
    assertThat(StoredOutputs.differences(again)).isEmpty();
  }

  @Test
  void anotherTextIsADifference() throws Exception {
    assertThat(differences("System.out.println(1);", "System.out.println(2);"))
        .singleElement()
        .asString()
        .contains("cell 1", "stored is\n1\n", "prints\n2\n");
    assertThat(differences("System.out.println(1);", "int quiet = 1;"))
        .singleElement()
        .asString()
        .contains("[a text], but it gives []");
  }

  @Test
  void anotherPictureIsADifference() throws Exception {
    String picture = PICTURE.formatted(4, 0xff0000);
    assertThat(differences(picture, PICTURE.formatted(5, 0xff0000)))
        .singleElement()
        .asString()
        .contains("a picture of 4 x 2", "a picture of 5 x 2");
    assertThat(differences(picture, PICTURE.formatted(4, 0x0000ff)))
        .singleElement()
        .asString()
        .contains("differs by 21.3 levels");
    assertThat(differences(picture, PICTURE.formatted(4, 0xf00000))).isEmpty();
  }

  @Test
  void theTagExcusesTextsButNotSizes() throws Exception {
    Notebook text = stored("System.out.println(1);", "System.out.println(2);");
    assertThat(StoredOutputs.differences(tagged(text))).isEmpty();
    Notebook size = stored(PICTURE.formatted(4, 0), PICTURE.formatted(5, 0));
    assertThat(StoredOutputs.differences(tagged(size))).hasSize(1);
  }

  private static Notebook tagged(Notebook notebook) {
    String tags = "\"metadata\": {\"tags\": [\"" + StoredOutputs.IGNORE_OUTPUT + "\"]},";
    return Notebook.parse(
        notebook.toJson().replace("\"metadata\": {},\n   \"outputs\"", tags + "\"outputs\""));
  }

  @Test
  void whatDoesNotRunIsADifference() throws Exception {
    assertThat(StoredOutputs.differences(notebook("int x = 1;", "int y = unknown;")))
        .singleElement()
        .asString()
        .contains("cell 2 does not run", "cannot find symbol", "int y = unknown;");
    assertThat(StoredOutputs.differences(notebook("throw new java.io.IOException(\"lost\");")))
        .singleElement()
        .asString()
        .contains("java.io.IOException: lost");
    assertThat(StoredOutputs.differences(notebook("int f(int a) { return g(a); }")))
        .singleElement()
        .asString()
        .contains("not defined yet: method g(int)");
    assertThat(StoredOutputs.differences(notebook("for (int i = 0; i < 3; i++) {")))
        .singleElement()
        .asString()
        .contains("definitely_incomplete code");
    assertThatThrownBy(() -> StoredOutputs.update(notebook("1 +* 2")))
        .isInstanceOf(CellException.class)
        .hasMessageContaining("cell 1");
    assertThat(StoredOutputs.differences(notebook("int x = 1;\nSystem.out.printf(\"1\");")))
        .singleElement()
        .asString()
        .contains("ends with a value", "printf");
    assertThat(StoredOutputs.differences(notebook("1 + 1;\nint x = 1;"))).isEmpty();
    assertThat(StoredOutputs.differences(notebook("%bash ls")))
        .singleElement()
        .asString()
        .contains("not understood here: %bash ls");
  }
}
