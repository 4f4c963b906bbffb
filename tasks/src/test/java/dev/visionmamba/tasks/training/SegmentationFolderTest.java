package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.LabelPng;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentationFolderTest {
  private static final List<String> NAMES = List.of("sky", "tree", "road");

  @TempDir Path folder;
  private Path images;
  private Path masks;

  @BeforeEach
  void makeFolders() throws IOException {
    images = Files.createDirectories(folder.resolve("images"));
    masks = Files.createDirectories(folder.resolve("masks"));
  }

  private void picture(String name, int width, int height) throws IOException {
    Path file = images.resolve(name);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
  }

  private void mask(String name, int width, int... labels) throws IOException {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    Path file = masks.resolve(name);
    Files.createDirectories(file.getParent());
    LabelPng.write(new LabelMap(width, labels.length / width, bytes), file);
  }

  private static LabelMap map(int width, int... labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return new LabelMap(width, labels.length / width, bytes);
  }

  @Test
  void picturesAndMasksBelongTogetherByName() throws Exception {
    picture("b.jpg", 3, 2);
    picture("a/c.png", 2, 1);
    picture("a.x.jpg", 1, 1);
    mask("b.png", 3, 0, 1, 2, 255, 0, 1);
    mask("a/c.png", 2, 2, 2);
    mask("a.x.png", 1, 1);
    mask("left over.png", 1, 1);
    Files.writeString(images.resolve("notes.txt"), "not a picture");
    SegmentationFolder read = SegmentationFolder.open(folder, MaskCoding.labels(NAMES));
    assertThat(read.count()).isEqualTo(3);
    assertThat(read.classNames()).isEqualTo(NAMES);
    assertThat(read.example(0).labels()).isEqualTo(map(1, 1));
    assertThat(read.example(1).labels()).isEqualTo(map(2, 2, 2));
    assertThat(read.example(2).labels()).isEqualTo(map(3, 0, 1, 2, 255, 0, 1));
    assertThat(read.example(2).picture().width()).isEqualTo(3);
    assertThatThrownBy(() -> read.example(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(read.identity())
        .isEqualTo(SegmentationFolder.open(images, masks, MaskCoding.labels(NAMES)).identity());
  }

  @Test
  void zeroIsNoClassWhereClassesAreCountedFromOne() throws Exception {
    picture("a.png", 5, 1);
    mask("a.png", 5, 0, 1, 2, 3, 255);
    SegmentationFolder read = SegmentationFolder.open(folder, MaskCoding.withoutZero(NAMES));
    assertThat(read.example(0).labels()).isEqualTo(map(5, 255, 0, 1, 2, 255));
  }

  @Test
  void masksMayHaveAPaletteOrColours() throws Exception {
    picture("a.png", 3, 1);
    byte[] levels = {(byte) 200, 10, 20, 30};
    for (int bits : new int[] {2, 4, 8}) {
      IndexColorModel palette = new IndexColorModel(bits, 4, levels, levels, levels);
      BufferedImage indexed =
          new BufferedImage(
              3,
              1,
              bits == 8 ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_BYTE_BINARY,
              palette);
      indexed.getRaster().setPixels(0, 0, 3, 1, new int[] {2, 0, 1});
      ImageIO.write(indexed, "png", masks.resolve("a.png").toFile());
      assertThat(SegmentationFolder.open(folder, MaskCoding.labels(NAMES)).example(0).labels())
          .as("%d bits", bits)
          .isEqualTo(map(3, 2, 0, 1));
    }
    BufferedImage coloured = new BufferedImage(3, 1, BufferedImage.TYPE_3BYTE_BGR);
    coloured.setRGB(0, 0, 0x0000ff);
    coloured.setRGB(1, 0, 0xff0000);
    coloured.setRGB(2, 0, 0x808080);
    ImageIO.write(coloured, "png", masks.resolve("a.png").toFile());
    MaskCoding colours = new MaskCoding(NAMES, false, List.of(0xff0000, 0x808080, 0x0000ff));
    SegmentationFolder read = SegmentationFolder.open(folder, colours);
    assertThat(read.example(0).labels()).isEqualTo(map(3, 2, 0, 1));
    SegmentationFolder wrong = SegmentationFolder.open(folder, MaskCoding.labels(NAMES));
    assertThatThrownBy(() -> wrong.example(0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("a.png", "column 0, row 0", "a colour");
    coloured.setRGB(1, 0, 0xff0001);
    ImageIO.write(coloured, "png", masks.resolve("a.png").toFile());
    assertThatThrownBy(() -> read.example(0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("a.png", "column 1, row 0", "#ff0001");
  }

  @Test
  void greyColoursAndFewBitsAreLabels() throws Exception {
    BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_3BYTE_BGR);
    grey.setRGB(0, 0, 0x010101);
    grey.setRGB(1, 0, 0xffffff);
    Path file = masks.resolve("grey.png");
    ImageIO.write(grey, "png", file.toFile());
    assertThat(LabelPng.read(file)).isEqualTo(map(2, 1, 255));
    BufferedImage wide = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    wide.getRaster().setPixels(0, 0, 2, 1, new int[] {7, 255});
    ImageIO.write(wide, "png", file.toFile());
    assertThat(LabelPng.read(file)).isEqualTo(map(2, 7, 255));
    wide.getRaster().setPixels(0, 0, 2, 1, new int[] {7, 256});
    ImageIO.write(wide, "png", file.toFile());
    assertThatThrownBy(() -> LabelPng.read(file)).hasMessageContainingAll("column 1", "256");
  }

  @Test
  void labelsWithoutAClassAreRefused() throws Exception {
    picture("a.png", 3, 1);
    mask("a.png", 3, 0, 2, 3);
    SegmentationFolder read = SegmentationFolder.open(folder, MaskCoding.labels(NAMES));
    assertThatThrownBy(() -> read.example(0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("a.png", "label 3", "column 2, row 0", "3 classes");
  }

  @Test
  void sizesMustAgree() throws Exception {
    picture("a.png", 3, 2);
    mask("a.png", 3, 0, 0, 0);
    SegmentationFolder read = SegmentationFolder.open(folder, MaskCoding.labels(NAMES));
    assertThatThrownBy(() -> read.example(0))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("3x2", "3x1");
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    MaskCoding coding = MaskCoding.labels(NAMES);
    assertThatThrownBy(() -> SegmentationFolder.open(folder, coding))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("images", "no pictures");
    picture("a.png", 1, 1);
    picture("b.png", 1, 1);
    mask("b.png", 1, 0);
    assertThatThrownBy(() -> SegmentationFolder.open(folder, coding))
        .isInstanceOf(DataSetException.class)
        .hasMessageContainingAll("lacks masks: a.png;");
    mask("a.png", 1, 0);
    picture("a.jpg", 1, 1);
    assertThatThrownBy(() -> SegmentationFolder.open(folder, coding))
        .hasMessageContaining("two pictures called a");
    assertThatThrownBy(() -> SegmentationFolder.open(folder.resolve("none"), coding))
        .hasMessageContaining("no folder");
  }

  @Test
  void damagedMasksAreRefused() throws Exception {
    picture("a.png", 40, 30);
    int[] labels = new int[1200];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i * i % 3;
    }
    mask("a.png", 40, labels);
    Path mask = masks.resolve("a.png");
    byte[] good = Files.readAllBytes(mask);
    SegmentationFolder read = SegmentationFolder.open(folder, MaskCoding.labels(NAMES));
    assertThat(read.example(0).labels()).isEqualTo(map(40, labels));
    for (int length = 0; length < good.length - 20; length++) {
      Files.write(mask, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> read.example(0))
          .as("%d bytes", length)
          .isInstanceOf(DataSetException.class)
          .hasMessageContaining("a.png");
    }
    byte[] huge = good.clone();
    huge[16] = 0x00;
    huge[17] = 0x00;
    huge[18] = (byte) 0x30;
    huge[20] = 0x00;
    huge[21] = 0x00;
    huge[22] = (byte) 0x30;
    Files.write(mask, huge);
    assertThatThrownBy(() -> read.example(0)).hasMessageContaining("announces 123");
    Files.delete(mask);
    assertThatThrownBy(() -> read.example(0)).hasMessageContaining("no such file");
  }

  @Test
  void codingsAreChecked() {
    assertThatThrownBy(() -> MaskCoding.labels(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new MaskCoding(NAMES, true, List.of(1, 2, 3)))
        .hasMessageContainingAll("4 numbers", "3 colours");
    assertThatThrownBy(() -> LabelPng.read(images.resolve("x"), List.of(1, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("#000001");
  }
}
