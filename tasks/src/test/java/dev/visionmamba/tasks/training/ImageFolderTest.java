package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.Shapes;
import dev.visionmamba.tasks.image.ImageDecoder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  @TempDir private Path folder;

  private Path picture(String path) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    try (var png =
        ImageFolderTest.class.getResourceAsStream("/dev/visionmamba/tasks/image/sources/dot.png")) {
      Files.copy(png, file);
    }
    return file;
  }

  private static Set<Path> files(ImageFolder pictures) {
    Set<Path> files = new HashSet<>();
    for (int i = 0; i < pictures.count(); i++) {
      files.add(pictures.file(i));
    }
    return files;
  }

  @Test
  void classesAreFoldersSortedByName() throws Exception {
    picture("pear/a.png");
    picture("apple/b/c/d.PNG");
    picture("apple/a.JPEG");
    picture("apple/.hidden.png");
    picture("apple/.ipynb_checkpoints/a.png");
    picture(".cache/x.png");
    Files.writeString(folder.resolve("apple/notes.txt"), "sweet");
    Files.writeString(folder.resolve("labels.csv"), "a,b");
    ImageFolder all = ImageFolder.open(folder);
    assertThat(all.classNames()).containsExactly("apple", "pear");
    assertThat(all.count()).isEqualTo(3);
    assertThat(List.of(all.label(0), all.label(1), all.label(2))).containsExactly(0, 0, 1);
    assertThat(all.file(0)).isEqualTo(folder.resolve("apple/a.JPEG"));
    assertThat(all.file(1)).isEqualTo(folder.resolve("apple/b/c/d.PNG"));
    assertThat(all.picture(2)).isEqualTo(ImageDecoder.decode(all.file(2)));
  }

  @Test
  void aPartOfEachClassIsSetAside() throws Exception {
    Shapes.write(folder, 10, 1);
    picture("upright/more.png");
    ImageFolder.Parts parts = ImageFolder.split(folder, 0.2, 0);
    assertThat(parts.train().count()).isEqualTo(25);
    assertThat(parts.validation().count()).isEqualTo(6);
    for (int label = 0; label < 3; label++) {
      int wanted = label;
      ImageFolder aside = parts.validation();
      assertThat(
              files(aside).stream().filter(f -> f.getParent().endsWith(Shapes.CLASSES.get(wanted))))
          .hasSize(2);
    }
    Set<Path> both = files(parts.train());
    both.addAll(files(parts.validation()));
    assertThat(both).isEqualTo(files(ImageFolder.open(folder)));
    ImageFolder.Parts again = ImageFolder.split(folder, 0.2, 0);
    assertThat(again.validation().identity()).isEqualTo(parts.validation().identity());
    assertThat(again.train().identity()).isEqualTo(parts.train().identity());
    assertThat(ImageFolder.split(folder, 0.2, 1).validation().identity())
        .isNotEqualTo(parts.validation().identity());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageFolder.split(folder, 1, 0))
        .withMessageContaining("below 1");
  }

  @Test
  void trainAndValAreTaken() throws Exception {
    picture("train/a/1.png");
    picture("train/b/1.png");
    picture("train/c/1.png");
    picture("val/c/2.png");
    picture("val/a/2.png");
    ImageFolder.Parts parts = ImageFolder.split(folder, 0.2, 0);
    assertThat(parts.train().count()).isEqualTo(3);
    assertThat(parts.validation().classNames()).containsExactly("a", "b", "c");
    assertThat(List.of(parts.validation().label(0), parts.validation().label(1)))
        .containsExactly(0, 2);
    assertThat(ImageFolder.open(folder).count()).isEqualTo(2);
    Files.createDirectories(folder.resolve("annotations"));
    assertThat(ImageFolder.open(folder).count()).isEqualTo(2);
    picture("val/d/2.png");
    assertThatThrownBy(() -> ImageFolder.split(folder, 0.2, 0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("lacks: d");
  }

  @Test
  void testServesWhereThereIsNoVal() throws Exception {
    picture("train/a/1.png");
    picture("train/b/1.png");
    picture("test/b/2.png");
    assertThat(ImageFolder.split(folder, 0.2, 0).validation().label(0)).isEqualTo(1);
    picture("val/a/1.png");
    assertThat(ImageFolder.split(folder, 0.2, 0).validation().label(0)).isZero();
  }

  @Test
  void trainAloneIsDivided() throws Exception {
    picture("train/a/1.png");
    picture("train/a/2.png");
    picture("train/b/1.png");
    ImageFolder.Parts parts = ImageFolder.split(folder, 0.2, 0);
    assertThat(parts.train().count()).isEqualTo(2);
    assertThat(parts.validation().count()).isEqualTo(1);
  }

  @Test
  void aClassMayBeCalledTrain() throws Exception {
    picture("train/1.png");
    picture("train/2.png");
    picture("tram/1.png");
    assertThat(ImageFolder.split(folder, 0.5, 0).train().classNames())
        .containsExactly("train", "tram");
  }

  @Test
  void badFoldersAreSaidClearly() throws Exception {
    assertThatThrownBy(() -> ImageFolder.open(folder.resolve("nowhere")))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("there is no folder")
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> ImageFolder.open(folder)).hasMessageContaining("no folders");
    picture("x.png");
    assertThatThrownBy(() -> ImageFolder.open(folder))
        .hasMessageContaining("no folders, but 1 pictures");
    picture("only/1.png");
    assertThatThrownBy(() -> ImageFolder.split(folder, 0.2, 0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("only one class, only");
    Files.createDirectories(folder.resolve("void"));
    assertThatThrownBy(() -> ImageFolder.split(folder, 0.2, 0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("without pictures: void");
    picture("void/1.png");
    assertThatThrownBy(() -> ImageFolder.split(folder, 0.2, 0))
        .hasMessageContaining("none is left for validation");
    Path other = folder.resolve("other");
    picture("other/val/a/1.png");
    assertThatThrownBy(() -> ImageFolder.split(other, 0.2, 0))
        .hasMessageContaining("has val but no train");
  }

  @Test
  void picturesThatCannotBeReadAreNamedAndSkipped() throws Exception {
    Shapes.write(folder, 5, 1);
    byte[] png = Files.readAllBytes(folder.resolve("disc/000.png"));
    Files.write(folder.resolve("disc/cut.png"), java.util.Arrays.copyOf(png, png.length / 2));
    Files.writeString(folder.resolve("rows/page.jpg"), "<html>");
    Files.write(folder.resolve("rows/empty.gif"), new byte[0]);
    ImageFolder all = ImageFolder.open(folder);
    assertThat(all.count()).isEqualTo(18);
    for (int workers : List.of(1, 2, 5)) {
      List<String> reported = new ArrayList<>();
      ImageFolder readable = all.readable(workers, false, reported::add);
      assertThat(readable.count()).isEqualTo(15);
      assertThat(reported).hasSize(3);
      assertThat(reported.get(0)).contains("cut.png");
      assertThat(reported.get(1)).contains("empty.gif").contains("no bytes");
      assertThat(reported.get(2)).contains("page.jpg").contains("not a PNG");
      assertThat(readable.readable(1, true, reported::add)).isSameAs(readable);
    }
    assertThatThrownBy(() -> all.readable(2, true, problem -> {}))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("3 of 18")
        .hasMessageContaining("cut.png");
    for (int i = 0; i < 5; i++) {
      Files.write(folder.resolve("upright/00" + i + ".png"), new byte[] {1, 2, 3});
    }
    assertThatThrownBy(() -> all.readable(2, false, problem -> {}))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("no picture of the class upright");
  }

  @Test
  void picturesOfEveryModeAreRead() throws Exception {
    Path decode =
        folder(ImageFolderTest.class.getResource("/dev/visionmamba/tasks/image/decode").toURI());
    Path own = Files.createDirectories(folder.resolve("all"));
    int count = 0;
    try (var files = Files.newDirectoryStream(decode, "*.{png,jpg,gif,bmp}")) {
      for (Path file : files) {
        Files.copy(file, own.resolve(file.getFileName()));
        count++;
      }
    }
    assertThat(count).isGreaterThan(40);
    ImageFolder all = ImageFolder.open(folder);
    assertThat(all.readable(2, true, problem -> {}).count()).isEqualTo(count);
  }

  private static Path folder(java.net.URI uri) throws URISyntaxException {
    return Path.of(uri);
  }

  @Test
  void theFirstPicturesAreOfAllClasses() throws Exception {
    Shapes.write(folder, 4, 1);
    ImageFolder some = ImageFolder.open(folder).first(5);
    assertThat(some.count()).isEqualTo(5);
    assertThat(java.util.stream.IntStream.range(0, 5).map(some::label).toArray())
        .containsExactly(0, 0, 1, 1, 2);
    assertThat(some.first(9)).isSameAs(some);
  }
}
