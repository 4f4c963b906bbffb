package dev.visionmamba.tasks.annotations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CocoDatasetTest {
  private static final String BEFORE =
      """
      {"info": {"year": 2026, "nested": [{"a": [1, null]}]},
       "images": [{"id": 7, "file_name": "a.jpg", "width": 5, "height": 4, "license": 1},
                  {"id": 3, "file_name": "b.jpg", "width": 6, "height": 4}],
       "annotations": [""";
  private static final String AFTER =
      """
      ],
       "categories": [{"id": 90, "name": "toothbrush"}, {"id": 1, "name": "person"}]}
      """;
  private static final String GOOD =
      "{\"id\": 12, \"image_id\": 7, \"category_id\": 90, \"bbox\": [0, 1, 2, 3]},";

  @TempDir Path folder;

  private Path file(String content) throws IOException {
    return Files.writeString(folder.resolve("instances.json"), content);
  }

  /** Reads one annotation of the picture 7, of 5 x 4 pixels. */
  private CocoAnnotation read(String fields) throws IOException {
    String annotation = "{\"id\": 5, \"image_id\": 7, \"category_id\": 1, " + fields + "}";
    return CocoDataset.read(file(BEFORE + annotation + AFTER)).annotations(7).get(0);
  }

  @Test
  void labelsAreTheOrderOfTheClassesNumbers() throws Exception {
    CocoDataset read = CocoDataset.read(file(BEFORE + AFTER));
    assertThat(read.classNames()).containsExactly("person", "toothbrush");
    assertThat(read.label(1)).isZero();
    assertThat(read.label(90)).isEqualTo(1);
    assertThat(read.categories().get(1)).isEqualTo(new CocoCategory(90, "toothbrush"));
    assertThat(read.images())
        .containsExactly(new CocoImage(7, "a.jpg", 5, 4), new CocoImage(3, "b.jpg", 6, 4));
    assertThat(read.annotations(7)).isEmpty();
    assertThat(read.instances(3)).isEmpty();
    assertThat(read.skipped()).isZero();
    assertThatThrownBy(() -> read.label(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("category 2", "2 of the data set");
    assertThatThrownBy(() -> read.annotations(8)).hasMessageContaining("picture 8");
  }

  @Test
  void allFormsOfMasksAreRead() throws Exception {
    RunLengthMask square =
        RunLengthMask.ofPolygons(5, 4, List.of(new double[] {1, 1, 1, 3, 3, 3, 3, 1}));
    CocoAnnotation polygons =
        read("\"area\": 4.5, \"segmentation\": [[1, 1, 1, 3, 3, 3, 3, 1]], \"iscrowd\": 0");
    assertThat(polygons.segmentation().mask(5, 4)).isEqualTo(square);
    assertThat(polygons.box()).isEqualTo(new Box(1, 1, 2, 2));
    assertThat(polygons.area()).isEqualTo(4.5);
    assertThat(polygons.crowd()).isFalse();
    String counts = "\"size\": [4, 5], \"counts\": ";
    CocoAnnotation plain =
        read("\"iscrowd\": 1, \"segmentation\": {" + counts + "[5, 2, 2, 2, 9]}");
    assertThat(plain.segmentation().mask(5, 4)).isEqualTo(square);
    assertThat(plain.area()).isEqualTo(4);
    assertThat(plain.crowd()).isTrue();
    CocoAnnotation compressed =
        read(
            "\"iscrowd\": true, \"segmentation\": {" + counts + "\"" + square.compressed() + "\"}");
    assertThat(compressed.segmentation().mask(5, 4)).isEqualTo(square);
    CocoAnnotation none = read("\"bbox\": [1, 2, 3, 1.5], \"segmentation\": [], \"area\": null");
    assertThat(none.segmentation()).isNull();
    assertThat(none.area()).isEqualTo(4.5);
  }

  @Test
  void boxesStayAsTheyAre() throws Exception {
    assertThat(read("\"bbox\": [-5, 2, 100, 0], \"area\": 0").box())
        .isEqualTo(new Box(-5, 2, 100, 0));
  }

  @Test
  void instancesHaveLabelsAndMasks() throws Exception {
    String crowd =
        "{\"id\": 13, \"image_id\": 7, \"category_id\": 1, \"iscrowd\": 1,"
            + " \"segmentation\": {\"size\": [4, 5], \"counts\": [0, 20]}}";
    CocoDataset read = CocoDataset.read(file(BEFORE + GOOD + crowd + AFTER));
    assertThat(read.instances(7))
        .containsExactly(
            new Instance(1, new Box(0, 1, 2, 3), null, 6, false),
            new Instance(0, new Box(0, 0, 5, 4), RunLengthMask.ofCounts(5, 4, 0, 20), 20, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "\"image_id\": 8, \"category_id\": 1, \"bbox\": [0,0,1,1] | image_id 8 is not one of the file's 2 images",
        "\"image_id\": 7, \"category_id\": 2, \"bbox\": [0,0,1,1] | category_id 2 is not one of the file's 2 categories",
        "\"category_id\": 2, \"bbox\": [0,0,1,1] | no image_id",
        "\"image_id\": 7, \"bbox\": [0,0,1,1] | no category_id",
        "\"image_id\": 7, \"category_id\": 1 | neither a bbox nor a segmentation",
        "\"image_id\": 7, \"category_id\": 1, \"bbox\": [0,0,1] | 3 numbers, not 4",
        "\"image_id\": 7, \"category_id\": 1, \"bbox\": [0,0,-1,1] | width -1.0",
        "\"image_id\": 7, \"category_id\": 1, \"bbox\": [0,0,1,1], \"area\": -3 | at least 0, got -3",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": [[1,1,2,2]] | not 4",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": [[]] | not 0",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": [[1,1,2,2,1e30,5]] | 1.0E30",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": {\"counts\": [20]} | no size",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": {\"size\": [5, 4], \"counts\": [20]} | 4x5 pixels",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": {\"size\": [1000000000, 2000000000], \"counts\": \"0\"} | 2000000000x1000000000",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": {\"size\": [4, 5], \"counts\": [21]} | add up to 21",
        "\"image_id\": 7, \"category_id\": 1, \"segmentation\": {\"size\": [4, 5], \"counts\": \"!\"} | not one of",
        "\"id\": 12, \"image_id\": 7, \"category_id\": 1, \"bbox\": [0,0,1,1] | another one has this number"
      })
  void oneEntryThatCannotBeUsedIsToldOrLeftOut(String fields, String message) throws Exception {
    boolean numbered = fields.startsWith("\"id\"");
    String bad = "{" + (numbered ? "" : "\"id\": 31, ") + fields + "}";
    Path file = file(BEFORE + GOOD + bad + AFTER);
    assertThatThrownBy(() -> CocoDataset.read(file))
        .isInstanceOf(InvalidAnnotationsException.class)
        .hasMessageContainingAll(
            file.toString(), numbered ? "annotation 12" : "annotation 31", message, "SKIP");
    CocoDataset read = CocoDataset.read(file, OnProblem.SKIP);
    assertThat(read.annotations(7)).extracting(CocoAnnotation::id).containsExactly(12L);
    assertThat(read.skipped()).isEqualTo(1);
    assertThat(read.problems()).hasSize(1);
    assertThat(read.problems().get(0)).contains(message);
  }

  @Test
  void theOtherProblemsAreCounted() throws Exception {
    StringBuilder many = new StringBuilder(BEFORE);
    for (int i = 0; i < 150; i++) {
      many.append("{\"id\": ").append(i).append(", \"image_id\": 99, \"category_id\": 1},");
    }
    many.setLength(many.length() - 1);
    Path file = file(many + AFTER);
    assertThatThrownBy(() -> CocoDataset.read(file))
        .hasMessageContainingAll("annotation 0", "and 149 more");
    CocoDataset read = CocoDataset.read(file, OnProblem.SKIP);
    assertThat(read.skipped()).isEqualTo(150);
    assertThat(read.problems()).hasSize(100);
  }

  @Test
  void annotationsWithoutNumbersAreToldByTheirPlace() throws Exception {
    String two =
        "{\"image_id\": 7, \"category_id\": 1, \"bbox\": [0, 0, 1, 1]},"
            + "{\"image_id\": 7, \"category_id\": 90, \"bbox\": [0, 0, 2, 2]}";
    assertThat(CocoDataset.read(file(BEFORE + two + AFTER)).annotations(7)).hasSize(2);
    Path broken = file(BEFORE + two + ",{\"image_id\": 8, \"category_id\": 1}" + AFTER);
    assertThatThrownBy(() -> CocoDataset.read(broken)).hasMessageContaining("annotations[2]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'id': 1, 'file_name': 'a', 'width': 0, 'height': 4} | picture 1 | 0x4",
        "{'id': 1, 'file_name': 'a', 'height': 4} | picture 1 | 0x4",
        "{'id': 1, 'file_name': 'a', 'width': 60000, 'height': 60000} | picture 1 | 60000x60000",
        "{'file_name': 'a.png', 'width': 6, 'height': 6} | a.png | no id",
        "{'id': 9, 'width': 6, 'height': 6}, {'id': 9, 'width': 6, 'height': 6} | picture 9 | another"
      })
  void picturesAreChecked(String images, String entry, String message) throws Exception {
    Path file =
        file("{\"images\": [" + images.replace('\'', '"') + "], \"categories\": [{\"id\": 1}]}");
    assertThatThrownBy(() -> CocoDataset.read(file))
        .isInstanceOf(InvalidAnnotationsException.class)
        .hasMessageContainingAll(file.toString(), entry, message);
    assertThat(CocoDataset.read(file, OnProblem.SKIP).skipped()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "[] | an object with images",
        "{} | no images",
        "{\"images\": []} | no categories",
        "{\"images\": 5, \"categories\": []} | $.images",
        "{\"images\": [], \"categories\": [], \"annotations\": [{\"id\": 1, \"bbox\": [0, 0, \"x\", 1]}]} | $.annotations[0].bbox[2]",
        "{\"images\": [], \"categories\": [], \"annotations\": [{\"id\": 1, \"area\": NaN}]} | $.annotations[0].area",
        "{\"images\": [], \"categories\": [], \"annotations\": [{\"id\": 1.5}]} | $.annotations[0].id",
        "{\"images\": [], \"categories\": [], \"annotations\": [{\"segmentation\": {\"size\": [1, 1]}}]} | $.annotations[0].segmentation",
        "{\"images\": [], \"categories\": [], \"annotations\": [{\"segmentation\": {\"counts\": [99999999999]}}]} | $.annotations[0].segmentation.counts[0]",
        "{\"images\": [], \"categories\": []} {} | $",
        "<html> | $"
      })
  void otherFilesAreRefusedWithTheirPlace(String content, String message) throws Exception {
    Path file = file(content);
    for (OnProblem any : OnProblem.values()) {
      assertThatThrownBy(() -> CocoDataset.read(file, any))
          .isInstanceOf(InvalidAnnotationsException.class)
          .hasMessageContainingAll(file.toString(), message);
    }
  }

  @Test
  void deepNestingIsRefused() throws Exception {
    Path file = file("{\"info\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}");
    assertThatThrownBy(() -> CocoDataset.read(file))
        .isInstanceOf(InvalidAnnotationsException.class);
  }

  @Test
  void filesThatAreCutShortAreRefused() throws Exception {
    byte[] good = (BEFORE + GOOD + AFTER).replace("},]", "}]").getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("cut.json");
    int end = good.length - 1;
    Files.write(file, good);
    assertThat(CocoDataset.read(file).annotations(7)).hasSize(1);
    for (int length = 0; length < end; length++) {
      Files.write(file, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> CocoDataset.read(file))
          .as("%d bytes", length)
          .isInstanceOf(InvalidAnnotationsException.class)
          .hasMessageContaining("cut.json");
    }
  }

  @Test
  void missingFilesAndFoldersAreToldApart() {
    assertThatThrownBy(() -> CocoDataset.read(folder.resolve("none.json")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContainingAll("none.json", "no such file");
    assertThatThrownBy(() -> CocoDataset.read(folder))
        .isInstanceOf(InvalidAnnotationsException.class)
        .hasMessageContaining("directory");
  }

  @Test
  void whatIsWrittenIsReadAgain() throws Exception {
    RunLengthMask mask = RunLengthMask.ofCounts(5, 4, 3, 2, 15);
    double[] polygon = {1, 1.25, 1, 3, 3, 3};
    List<CocoAnnotation> things =
        List.of(
            new CocoAnnotation(4, 7, 1, mask.box(), 2, true, new CocoSegmentation.Runs(mask)),
            new CocoAnnotation(
                5,
                7,
                90,
                new Box(1, 1.25, 2, 1.75),
                1.7499,
                false,
                new CocoSegmentation.Polygons(List.of(polygon))),
            new CocoAnnotation(6, 3, 90, new Box(0, 0, 1e9, 0.1), 1e8, false, null));
    List<CocoImage> images =
        List.of(new CocoImage(7, "ä \"b\".jpg", 5, 4), new CocoImage(3, "b.jpg", 6, 4));
    List<CocoCategory> categories =
        List.of(new CocoCategory(1, "person"), new CocoCategory(90, "toothbrush"));
    CocoDataset made = CocoDataset.of(images, categories, things);
    Path file = folder.resolve("written.json");
    made.write(file);
    CocoDataset read = CocoDataset.read(file);
    assertThat(read.images()).isEqualTo(images);
    assertThat(read.categories()).isEqualTo(categories);
    assertThat(read.annotations(3)).isEqualTo(made.annotations(3));
    assertThat(read.annotations(7).get(0)).isEqualTo(things.get(0));
    assertThat(read.annotations(7).get(1)).usingRecursiveComparison().isEqualTo(things.get(1));
    assertThat(Files.readString(file)).contains("\"bbox\":[1,1.25,2,1.75]", "\"size\":[4,5]");
  }

  @Test
  void whatContradictsItselfIsNotMade() {
    List<CocoImage> images = List.of(new CocoImage(7, "a.jpg", 5, 4));
    CocoAnnotation thing = new CocoAnnotation(4, 7, 1, new Box(0, 0, 1, 1), 1, false, null);
    assertThatThrownBy(() -> CocoDataset.of(images, List.of(), List.of(thing)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("annotation 4", "category_id 1");
    List<CocoCategory> categories = List.of(new CocoCategory(1, "person"));
    assertThatThrownBy(() -> CocoDataset.of(images, categories, List.of(thing, thing)))
        .hasMessageContaining("another one");
  }

  @Test
  void resultsAreWrittenAndReadAgain() throws Exception {
    CocoDataset dataset = CocoDataset.read(file(BEFORE + AFTER));
    RunLengthMask mask = RunLengthMask.ofCounts(5, 4, 3, 2, 15);
    List<CocoResult> found =
        List.of(
            new CocoResult(7, 90, 0.25, new Box(-1, 2, 3, 4), mask),
            new CocoResult(3, 1, 1, new Box(0.5, 0, 1, 1), null),
            new CocoResult(7, 1, 1e-9, new Box(0, 0, 1, 1), null));
    Path file = folder.resolve("results.json");
    CocoResults.of(found).write(file);
    CocoResults read = CocoResults.read(file, dataset);
    assertThat(read.results()).isEqualTo(found);
    assertThat(read.byImage(dataset).get(7L))
        .containsExactly(
            new Detection(1, 0.25, new Box(-1, 2, 3, 4), mask),
            new Detection(0, 1e-9, new Box(0, 0, 1, 1), null));
    assertThat(read.byImage(dataset).get(3L)).hasSize(1);
    assertThat(CocoResults.read(Files.writeString(file, "[]"), dataset).results()).isEmpty();
  }

  @Test
  void resultsTakeBoxesFromTheirMasks() throws Exception {
    CocoDataset dataset = CocoDataset.read(file(BEFORE + AFTER));
    Path file =
        Files.writeString(
            folder.resolve("results.json"),
            "[{\"image_id\": 7, \"category_id\": 1, \"score\": 0.5, \"segmentation\":"
                + " {\"size\": [4, 5], \"counts\": [5, 2, 2, 2, 9]}},"
                + " {\"image_id\": 7, \"category_id\": 1, \"score\": 0.5, \"segmentation\":"
                + " [[1, 1, 1, 3, 3, 3, 3, 1]]}]");
    List<CocoResult> read = CocoResults.read(file, dataset).results();
    assertThat(read.get(0).box()).isEqualTo(new Box(1, 1, 2, 2));
    assertThat(read.get(1)).isEqualTo(read.get(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"image_id\": 8, \"category_id\": 1, \"score\": 1, \"bbox\": [0,0,1,1] # image_id 8",
        "\"image_id\": 7, \"category_id\": 2, \"score\": 1, \"bbox\": [0,0,1,1] # category_id 2",
        "\"image_id\": 7, \"category_id\": 1, \"bbox\": [0,0,1,1] # no score",
        "\"image_id\": 7, \"category_id\": 1, \"score\": 1 # neither",
        "\"image_id\": 7, \"category_id\": 1, \"score\": 1, \"bbox\": [0,0,1,-1] # height -1.0"
      })
  void resultsThatCannotBeUsedAreToldOrLeftOut(String fieldsAndMessage) throws Exception {
    String[] parts = fieldsAndMessage.split(" # ");
    CocoDataset dataset = CocoDataset.read(file(BEFORE + AFTER));
    String good = "{\"image_id\": 7, \"category_id\": 1, \"score\": 1, \"bbox\": [0,0,1,1]}";
    Path file =
        Files.writeString(folder.resolve("results.json"), "[" + good + ", {" + parts[0] + "}]");
    assertThatThrownBy(() -> CocoResults.read(file, dataset))
        .isInstanceOf(InvalidAnnotationsException.class)
        .hasMessageContainingAll(file.toString(), "result [1]", parts[1]);
    CocoResults read = CocoResults.read(file, dataset, OnProblem.SKIP);
    assertThat(read.results()).hasSize(1);
    assertThat(read.skipped()).isEqualTo(1);
    assertThat(read.problems().get(0)).contains(parts[1]);
  }

  @Test
  void annotationsAreNoResults() throws Exception {
    Path file = file(BEFORE + AFTER);
    CocoDataset dataset = CocoDataset.read(file);
    assertThatThrownBy(() -> CocoResults.read(file, dataset))
        .isInstanceOf(InvalidAnnotationsException.class)
        .hasMessageContaining("a list of results");
  }
}
