package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.LabelPng;
import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.SegmentationDataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Where pictures and masks are looked for, and how classes are named. */
class MaskOptionsTest {
  private static final SplitOptions SPLIT =
      CommandLine.populateCommand(new SplitOptions(), "--validation", "0.25");

  @TempDir private Path folder;

  private static MaskOptions options(String... arguments) {
    return CommandLine.populateCommand(new MaskOptions(), arguments);
  }

  /** Pictures of 2x1 pixels with the labels 0 and 1. */
  private static void write(Path pictures, Path masks, int count) throws IOException {
    Files.createDirectories(pictures);
    Files.createDirectories(masks);
    BufferedImage picture = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < count; i++) {
      ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
      LabelPng.write(new LabelMap(2, 1, new byte[] {0, 1}), masks.resolve(i + ".png"));
    }
  }

  private void assertParts(int train, int test) throws IOException {
    Parts<SegmentationDataset> parts = options().load(folder, SPLIT);
    assertThat(parts.train().count()).isEqualTo(train);
    assertThat(parts.test().count()).isEqualTo(test);
  }

  @Test
  void partsInsideWhichAreKinds() throws IOException {
    Files.writeString(folder.resolve("classes.txt"), "ground\nthing\n");
    write(folder.resolve("train/images"), folder.resolve("train/masks"), 3);
    write(folder.resolve("valid/images"), folder.resolve("valid/labels"), 2);
    assertParts(3, 2);
    assertThat(options().loadTest(folder, SPLIT, false).count()).isEqualTo(2);
  }

  @Test
  void kindsInsideWhichArePartsAsAde20kHasThem() throws IOException {
    Files.writeString(folder.resolve("classes.txt"), "thing\n");
    write(folder.resolve("images/training"), folder.resolve("annotations/training"), 3);
    write(folder.resolve("images/validation"), folder.resolve("annotations/validation"), 1);
    assertParts(3, 1);
    SegmentationDataset test = options("--reduce-zero-label").loadTest(folder, SPLIT, false);
    assertThat(test.example(0).labels().labels()).containsExactly(LabelMap.IGNORED, 0);
  }

  @Test
  void withoutPartsSomeAreSetAside() throws IOException {
    Files.writeString(folder.resolve("classes.txt"), "ground\n\nthing\n");
    write(folder.resolve("images"), folder.resolve("masks"), 8);
    assertParts(6, 2);
    assertThat(options().loadTest(folder, SPLIT, false).count()).isEqualTo(8);
    assertThat(options().loadTest(folder, SPLIT, true).count()).isEqualTo(2);
    assertThat(options().load(folder, SPLIT).train().classNames())
        .containsExactly("ground", "thing");
  }

  @Test
  void classesMayHaveColours() throws IOException {
    Path names = Files.writeString(folder.resolve("names"), "bare ground #000000\nroad\t#804080\n");
    Path pictures = Files.createDirectories(folder.resolve("images"));
    Path masks = Files.createDirectories(folder.resolve("masks"));
    BufferedImage mask = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    mask.setRGB(1, 0, 0x804080);
    ImageIO.write(mask, "png", pictures.resolve("a.png").toFile());
    ImageIO.write(mask, "png", masks.resolve("a.png").toFile());
    SegmentationDataset all = options("--classes", names.toString()).loadTest(folder, SPLIT, false);
    assertThat(all.classNames()).isEqualTo(List.of("bare ground", "road"));
    assertThat(all.example(0).labels().labels()).containsExactly(0, 1);
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    assertThatThrownBy(() -> options().load(folder, SPLIT))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("classes.txt");
    Files.writeString(folder.resolve("classes.txt"), "ground\nroad #804080\n");
    assertThatThrownBy(() -> options().load(folder, SPLIT))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("some of the classes a colour");
    Files.writeString(folder.resolve("classes.txt"), "ground #000000\nroad #804080\n");
    assertThatThrownBy(() -> options("--reduce-zero-label").load(folder, SPLIT))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("drop --reduce-zero-label");
    Files.writeString(folder.resolve("classes.txt"), "\n");
    assertThatThrownBy(() -> options().load(folder, SPLIT))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("classes.txt: 1 to 255 classes");
    Files.writeString(folder.resolve("classes.txt"), "ground\n");
    assertThatThrownBy(() -> options().load(folder, SPLIT))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("train/images and train/masks");
  }
}
