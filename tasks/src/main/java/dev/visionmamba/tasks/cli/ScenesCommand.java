package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.annotations.LabelPng;
import dev.visionmamba.tasks.drawing.Palette;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.FashionScenes;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code visionmamba scenes}. */
@Command(
    name = "scenes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes scenes of garments, a small data set for detection and segmentation: 128x128 pixels"
          + " with one to five garments of Fashion-MNIST each.",
      "Into the folder go images/000000.png and so on, instances.json with COCO annotations, and"
          + " masks/000000.png with a label for each pixel (0 is the background)."
    })
final class ScenesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The folder of Fashion-MNIST's files.")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "train|test",
      defaultValue = "test",
      description =
          "Whose garments (default: ${DEFAULT-VALUE}; those scenes are"
              + " the ones that models are measured on).")
  private FashionMnist.Split split;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many scenes (default: ${DEFAULT-VALUE}; the test has 1000).")
  private int count;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Which scenes (default: those of the test).")
  private Long seed;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR|FILE",
      description = "The folder; with --mosaic or --scene, a PNG file.")
  private Path out;

  @Option(
      names = "--mosaic",
      paramLabel = "CxR",
      description = "Write one picture instead, of so many columns and rows of scenes.")
  private String mosaic;

  @Option(
      names = "--scene",
      paramLabel = "I",
      description = "Write the picture of this scene instead, or start the mosaic with it.")
  private Integer scene;

  @Override
  public Integer call() throws Exception {
    int columns = 1;
    int rows = 1;
    if (mosaic != null) {
      if (!mosaic.matches("[1-9][0-9]?[xX][1-9][0-9]?")) {
        throw wrong("--mosaic takes columns x rows, 1 to 99 each, as in 4x3, not " + mosaic);
      }
      String[] sides = mosaic.toLowerCase(Locale.ROOT).split("x");
      columns = Integer.parseInt(sides[0]);
      rows = Integer.parseInt(sides[1]);
    }
    int first = scene == null ? 0 : scene;
    if (count < 1 || first < 0) {
      throw wrong("--count must be at least 1 and --scene at least 0");
    }
    boolean one = mosaic != null || scene != null;
    if (one) {
      PictureOutputs.requireFile(out);
    } else if (Files.exists(out) && !Files.isDirectory(out)) {
      throw wrong("--out must be a folder, and " + out + " is a file");
    }
    int needed = one ? first + columns * rows : count;
    FashionScenes scenes =
        FashionScenes.of(
            FashionMnist.load(data, split), needed, seed == null ? FashionScenes.TEST_SEED : seed);
    if (one) {
      write(mosaic(scenes, first, columns, rows), out);
    } else {
      writeAll(scenes);
    }
    spec.commandLine().getOut().println("written to " + out);
    return 0;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void writeAll(FashionScenes scenes) throws IOException {
    Path images = Files.createDirectories(out.resolve("images"));
    Path masks = Files.createDirectories(out.resolve("masks"));
    Palette palette = Palette.forClasses(scenes.pixelClassNames());
    List<Integer> colours =
        IntStream.range(0, palette.size())
            .mapToObj(label -> palette.colour(label).getRGB() & 0xffffff)
            .toList();
    for (int i = 0; i < scenes.count(); i++) {
      FashionScenes.Scene made = scenes.scene(i);
      String name = String.format(Locale.ROOT, "%06d.png", i);
      write(made.picture(), images.resolve(name));
      LabelPng.write(made.labels(), colours, masks.resolve(name));
    }
    scenes.coco().write(out.resolve("instances.json"));
  }

  private static PixelImage mosaic(FashionScenes scenes, int first, int columns, int rows) {
    int side = FashionScenes.SIZE;
    byte[] rgb = new byte[3 * columns * rows * side * side];
    for (int i = 0; i < columns * rows; i++) {
      PixelImage picture = scenes.scene(first + i).picture();
      int corner = i / columns * side * columns * side + i % columns * side;
      for (int y = 0; y < side; y++) {
        System.arraycopy(
            picture.rgb(), 3 * y * side, rgb, 3 * (corner + y * columns * side), 3 * side);
      }
    }
    return new PixelImage(columns * side, rows * side, rgb);
  }

  private static void write(PixelImage picture, Path file) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(picture.toBufferedImage(), "png", png);
    AtomicFiles.write(
        file, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
  }
}
