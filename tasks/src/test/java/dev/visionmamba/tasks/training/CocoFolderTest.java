package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.CocoAnnotation;
import dev.visionmamba.tasks.annotations.CocoCategory;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoImage;
import dev.visionmamba.tasks.annotations.CocoSegmentation;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.OnProblem;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CocoFolderTest {
  private static final List<CocoCategory> CATEGORIES =
      List.of(new CocoCategory(3, "cat"), new CocoCategory(5, "dog"));

  @TempDir Path folder;

  private void picture(String name, int width, int height) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(
        new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR), "png", file.toFile());
  }

  private static CocoAnnotation thing(int id, Box box, double area) {
    return new CocoAnnotation(id, 4, 5, box, area, false, null);
  }

  private static CocoDataset dataset(CocoAnnotation... annotations) {
    return CocoDataset.of(
        List.of(new CocoImage(9, "sub/b.png", 6, 5), new CocoImage(4, "a.png", 8, 6)),
        CATEGORIES,
        List.of(annotations));
  }

  @Test
  void thingsAreCleanedToLearnFrom() throws Exception {
    picture("a.png", 8, 6);
    picture("sub/b.png", 6, 5);
    RunLengthMask mask = RunLengthMask.ofCounts(8, 6, 0, 48);
    CocoAnnotation crowd =
        new CocoAnnotation(7, 4, 3, new Box(0, 0, 8, 6), 48, true, new CocoSegmentation.Runs(mask));
    CocoDataset dataset =
        dataset(
            thing(1, new Box(-2, 1, 5, 30), 20),
            thing(2, new Box(20, 1, 5, 3), 15),
            thing(3, new Box(1, 1, 0, 3), 3),
            thing(4, new Box(1, 1, 0.5, 3), 3),
            thing(5, new Box(1, 1, 3, 3), 0),
            crowd);
    CocoFolder read = CocoFolder.open(dataset, folder, OnProblem.REFUSE);
    assertThat(read.count()).isEqualTo(2);
    assertThat(read.classNames()).containsExactly("cat", "dog");
    DetectionExample example = read.example(1);
    assertThat(example.id()).isEqualTo(4);
    assertThat(example.picture().width()).isEqualTo(8);
    assertThat(example.instances())
        .containsExactly(
            new Instance(1, new Box(0, 1, 3, 5), null, 20, false),
            new Instance(0, new Box(0, 0, 8, 6), mask, 48, true));
    assertThat(read.example(0).instances()).isEmpty();
    assertThat(read.annotations().instances(4)).hasSize(6);
    assertThat(read.identity())
        .isNotEqualTo(CocoFolder.open(dataset(), folder, OnProblem.REFUSE).identity());
  }

  @Test
  void missingPicturesAreToldOrLeftOut() throws Exception {
    picture("a.png", 8, 6);
    CocoDataset dataset = dataset();
    assertThatThrownBy(() -> CocoFolder.open(dataset, folder, OnProblem.REFUSE))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll(folder.toString(), "1 of the 2 pictures", "sub/b.png");
    CocoFolder read = CocoFolder.open(dataset, folder, OnProblem.SKIP);
    assertThat(read.count()).isEqualTo(1);
    assertThat(read.example(0).id()).isEqualTo(4);
    Files.delete(folder.resolve("a.png"));
    assertThatThrownBy(() -> CocoFolder.open(dataset, folder, OnProblem.SKIP))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("0 of the 2");
    assertThatThrownBy(() -> read.example(0)).isInstanceOf(DataSetException.class);
    assertThatThrownBy(() -> CocoFolder.open(dataset, folder.resolve("none"), OnProblem.REFUSE))
        .hasMessageContaining("no folder");
  }

  @Test
  void otherPicturesAreRefused() throws Exception {
    picture("a.png", 8, 7);
    CocoFolder read = CocoFolder.open(dataset(), folder, OnProblem.SKIP);
    assertThatThrownBy(() -> read.example(0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("a.png", "8x7", "8x6");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a.png", "/etc/passwd", "sub/../../a.png", "", "a\0b.png"})
  void namesMustNotLeadOutOfTheFolder(String name) throws Exception {
    Path inner = Files.createDirectories(folder.resolve("inner"));
    picture("a.png", 8, 6);
    CocoDataset dataset =
        CocoDataset.of(List.of(new CocoImage(4, name, 8, 6)), CATEGORIES, List.of());
    assertThatThrownBy(() -> CocoFolder.open(dataset, inner, OnProblem.SKIP))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("picture 4");
  }
}
