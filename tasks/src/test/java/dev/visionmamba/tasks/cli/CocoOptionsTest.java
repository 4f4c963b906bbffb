package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.DetectionDataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Where annotations and their pictures are looked for. */
class CocoOptionsTest {
  private static final SplitOptions SPLIT =
      CommandLine.populateCommand(new SplitOptions(), "--validation", "0.25");

  private final StringWriter said = new StringWriter();
  private final PrintWriter err = new PrintWriter(said, true);

  @TempDir private Path folder;

  private static CocoOptions options(Object... arguments) {
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    return CommandLine.populateCommand(new CocoOptions(), words);
  }

  /** Pictures of 4x4 pixels, each with one thing of the only class, number 7. */
  private static void write(Path annotations, Path pictures, int count) throws IOException {
    Files.createDirectories(annotations.getParent());
    Files.createDirectories(pictures);
    StringBuilder images = new StringBuilder();
    StringBuilder things = new StringBuilder();
    for (int i = 0; i < count; i++) {
      String comma = i == 0 ? "" : ",";
      images.append(comma).append(image(i));
      things
          .append(comma)
          .append("{\"id\":" + (i + 1) + ",\"image_id\":" + i + ",\"category_id\":7,")
          .append("\"bbox\":[0,0,2,2],\"area\":4,\"iscrowd\":0}");
      BufferedImage picture = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
      ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
    }
    Files.writeString(
        annotations,
        "{\"images\":["
            + images
            + "],\"annotations\":["
            + things
            + "],\"categories\":[{\"id\":7,\"name\":\"cat\"}]}");
  }

  private static String image(int id) {
    return "{\"id\":" + id + ",\"file_name\":\"" + id + ".png\",\"width\":4,\"height\":4}";
  }

  private void assertParts(CocoOptions options, int train, int test) throws IOException {
    Parts<DetectionDataset> parts = options.load(folder, SPLIT, err);
    assertThat(parts.train().count()).isEqualTo(train);
    assertThat(parts.test().count()).isEqualTo(test);
    assertThat(parts.test().example(0).instances()).hasSize(1);
    assertThat(parts.test().categoryId(0)).isEqualTo(7);
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void asCocoIsLaidOut() throws IOException {
    write(folder.resolve("annotations/instances_train2017.json"), folder.resolve("train2017"), 3);
    write(folder.resolve("annotations/instances_val2017.json"), folder.resolve("val2017"), 2);
    assertParts(options(), 3, 2);
    assertThat(options().loadTest(folder, SPLIT, false, err).count()).isEqualTo(2);
  }

  @Test
  void annotationsBesideTheirPictures() throws IOException {
    write(folder.resolve("train/_annotations.coco.json"), folder.resolve("train"), 3);
    write(folder.resolve("valid/_annotations.coco.json"), folder.resolve("valid"), 1);
    assertParts(options(), 3, 1);
  }

  @Test
  void anyFileAndNoVal() throws IOException {
    Path file = folder.resolve("elsewhere/my.json");
    write(file, folder.resolve("images"), 8);
    assertParts(options("--annotations", file), 6, 2);
    CocoOptions both = options("--annotations", file, "--val-annotations", file);
    assertParts(both, 8, 8);
    assertThat(options("--annotations", file).loadTest(folder, SPLIT, true, err).count())
        .isEqualTo(2);
    assertThat(options("--annotations", file).loadTest(folder, SPLIT, false, err).count())
        .isEqualTo(8);
  }

  @Test
  void whatCannotBeUsedIsNamedOrRefused() throws IOException {
    Path file = folder.resolve("train.json");
    write(file, folder.resolve("train"), 4);
    Files.writeString(
        file, Files.readString(file).replace("\"category_id\":7", "\"category_id\":8"));
    assertThat(options().loadTest(folder, SPLIT, false, err).count()).isEqualTo(4);
    assertThat(said.toString()).contains("skipped ", "4 entries of " + file);
    SplitOptions strict = CommandLine.populateCommand(new SplitOptions(), "--strict");
    assertThatThrownBy(() -> options().loadTest(folder, strict, false, err))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("train.json");
    assertThatThrownBy(() -> options().load(folder.resolve("train"), SPLIT, err))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("--annotations");
  }
}
