package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.visionmamba.tasks.DenseModels;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoImage;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.LabelPng;
import dev.visionmamba.tasks.drawing.ClassNames;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code detect}, {@code segment} and {@code scenes}. */
class DenseCommandsTest {
  @TempDir private static Path models;
  private static String masks;
  private static String boxes;
  private static String pixels;

  @TempDir private Path folder;

  @BeforeAll
  static void write() throws Exception {
    masks = DenseModels.save(DenseModels.maskRcnn(), models.resolve("masks.st")).toString();
    boxes = DenseModels.save(DenseModels.retinaNet(), models.resolve("boxes.st")).toString();
    pixels = DenseModels.save(DenseModels.segmenter(), models.resolve("pixels.st")).toString();
  }

  private String picture(String name, int width, int height) throws IOException {
    Path file = folder.resolve(name);
    ImageIO.write(DenseModels.picture(width, height, 1).toBufferedImage(), "png", file.toFile());
    return file.toString();
  }

  @Test
  void detectPrintsDrawsAndWritesCocoResults() throws Exception {
    Path out = folder.resolve("drawn.png");
    Path json = folder.resolve("results.json");
    CommandLineRun run =
        CommandLineRun.of(
            "detect",
            picture("000000000017.png", 70, 50),
            "--model",
            masks,
            "--threshold",
            "0.02",
            "--most",
            "5",
            "--out",
            out.toString(),
            "--json",
            json.toString());
    assertThat(run.err()).doesNotContain("visionmamba:");
    assertThat(run.code()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(7);
    assertThat(lines.get(0)).endsWith("000000000017.png, 70x50: 5 objects");
    assertThat(lines.get(1)).containsPattern("class +score +left +top +width +height +pixels");
    assertThat(lines.get(2)).containsPattern("^ (background|boot|bag) +0\\.\\d\\d +\\d+");
    PixelImage drawn = ImageDecoder.decode(out);
    assertThat(drawn.width()).isEqualTo(420); // six times as large, to be legible
    CocoDataset dataset =
        CocoDataset.of(
            List.of(new CocoImage(17, "000000000017.png", 70, 50)),
            ClassNames.categories(DenseModels.CLASSES),
            List.of());
    CocoResults results = CocoResults.read(json, dataset);
    assertThat(results.results())
        .hasSize(5)
        .allSatisfy(
            result -> {
              assertThat(result.imageId()).isEqualTo(17);
              assertThat(result.categoryId()).isBetween(1L, 3L);
              assertThat(result.mask().height()).isEqualTo(50);
            });
  }

  @Test
  void severalPicturesGoToAFolderAndBadOnesAreNamed() throws Exception {
    Path other = Files.createDirectories(folder.resolve("other"));
    String one = picture("a.png", 40, 40);
    String same = other.resolve("A.png").toString();
    Files.copy(Path.of(one), Path.of(same));
    Path text = Files.writeString(folder.resolve("text.png"), "no picture");
    Path out = folder.resolve("out/drawn");
    Path json = folder.resolve("results.json");
    CommandLineRun run =
        CommandLineRun.of(
            "detect",
            one,
            text.toString(),
            same,
            "gone.png",
            "--model",
            boxes,
            "--threshold",
            "0.001",
            "--out",
            out.toString(),
            "--json",
            json.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(2).allMatch(line -> line.startsWith("visionmamba: "));
    assertThat(run.err()).contains("text.png", "gone.png");
    assertThat(run.out()).doesNotContain("pixels");
    assertThat(out.resolve("a.png")).exists();
    assertThat(out.resolve("A-2.png")).exists();
    assertThat(out.resolve("text.png")).doesNotExist();
    JsonArray results = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
    assertThat(results)
        .extracting(result -> result.getAsJsonObject().get("image_id").getAsInt())
        .containsOnly(1, 3);
    JsonObject first = results.get(0).getAsJsonObject();
    assertThat(first.keySet()).containsExactly("image_id", "category_id", "bbox", "score");
  }

  @Test
  void tilesAreLookedAtToo() throws Exception {
    String large = picture("large.png", 200, 150);
    String[] plain = {"detect", large, "--model", masks, "--threshold", "0.02", "--most", "1000"};
    CommandLineRun whole = CommandLineRun.of(plain);
    String[] more = java.util.Arrays.copyOf(plain, plain.length + 5);
    more[plain.length] = "--tile";
    more[plain.length + 1] = "80";
    more[plain.length + 2] = "--overlap";
    more[plain.length + 3] = "30";
    more[plain.length + 4] = "--no-masks";
    CommandLineRun tiled = CommandLineRun.of(more);
    assertThat(tiled.code()).isZero();
    assertThat(tiled.out().lines().count()).isGreaterThan(whole.out().lines().count());
    assertThat(whole.out()).contains("pixels");
    assertThat(tiled.out()).doesNotContain("pixels");
  }

  @Test
  void nothingFoundIsSaid() throws Exception {
    CommandLineRun run =
        CommandLineRun.of(
            "detect", picture("a.png", 40, 40), "--model", boxes, "--threshold", "0.99");
    assertThat(run.code()).isZero();
    assertThat(run.out().strip()).endsWith("a.png, 40x40: no objects");
  }

  @Test
  void masksAreRefusedOfAModelWithoutThem() throws Exception {
    CommandLineRun run =
        CommandLineRun.of("detect", picture("a.png", 40, 40), "--model", boxes, "--masks");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err()).contains("tiny_retinanet finds boxes without masks");
  }

  @Test
  void segmentPrintsDrawsAndWritesSegments() throws Exception {
    Path out = folder.resolve("drawn.png");
    Path labels = folder.resolve("labels.png");
    Path json = folder.resolve("results.json");
    String picture = picture("scene.png", 70, 50);
    CommandLineRun run =
        CommandLineRun.of(
            "segment",
            picture,
            "--model",
            pixels,
            "--out",
            out.toString(),
            "--json",
            json.toString());
    assertThat(run.code()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines.get(0)).endsWith("scene.png, 70x50");
    assertThat(lines.get(1)).containsPattern("class +share +pixels");
    assertThat(lines.get(2)).containsPattern("^ (background|boot|bag) +\\d+\\.\\d% +[\\d,]+");
    PixelImage drawn = ImageDecoder.decode(out);
    assertThat(drawn.width()).isEqualTo(420);
    assertThat(drawn.height()).isGreaterThan(300); // with a legend
    CommandLineRun labelled =
        CommandLineRun.of(
            "segment", picture, "--model", pixels, "--labels", "--out", labels.toString());
    assertThat(labelled.code()).isZero();
    LabelMap map = LabelPng.read(labels);
    assertThat(map.width()).isEqualTo(70);
    JsonArray results = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
    assertThat(results).hasSize(lines.size() - 2);
    int[] counts = map.counts();
    CocoDataset dataset =
        CocoDataset.of(
            List.of(new CocoImage(1, "scene.png", 70, 50)),
            ClassNames.categories(DenseModels.CLASSES),
            List.of());
    CocoResults.read(json, dataset)
        .results()
        .forEach(
            result ->
                assertThat(result.mask().area()).isEqualTo(counts[(int) result.categoryId() - 1]));
  }

  @Test
  void segmentSlides() throws Exception {
    String large = picture("large.png", 200, 150);
    CommandLineRun whole = CommandLineRun.of("segment", large, "--model", pixels);
    CommandLineRun slid = CommandLineRun.of("segment", large, "--model", pixels, "--slide");
    CommandLineRun wide =
        CommandLineRun.of(
            "segment", large, "--model", pixels, "--slide", "--window", "64", "--stride", "64");
    assertThat(List.of(whole.code(), slid.code(), wide.code())).containsOnly(0);
    assertThat(slid.out()).isNotEqualTo(whole.out()).isNotEqualTo(wide.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "detect",
        "detect x.png --threshold 2",
        "detect x.png --nms -1",
        "detect x.png --most 0",
        "detect x.png --overlap 3",
        "detect x.png --tile 10 --overlap 10",
        "detect x.png --device tpu",
        "detect x.png --weights w.pth",
        "segment",
        "segment x.png --window 9",
        "segment x.png --slide --window 0",
        "segment x.png --slide --window 9 --stride 10",
        "segment x.png --overlay --labels",
        "scenes --out never --data . --mosaic 4",
        "scenes --out never --data . --count 0"
      })
  void wrongUseExitsWithTwo(String line) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).isNotBlank().doesNotContain("\tat ");
  }

  @Test
  void aPictureIsWrittenAsPng() throws Exception {
    CommandLineRun run =
        CommandLineRun.of(
            "detect", picture("a.png", 40, 40), "--model", boxes, "--out", "drawn.jpg");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("drawn.jpg").contains(".png");
  }

  @Test
  void scenesAreADataSet() throws Exception {
    Path data = FashionFiles.write(folder.resolve("data"));
    Path out = folder.resolve("scenes");
    CommandLineRun run =
        CommandLineRun.of(
            "scenes", "--data", data.toString(), "--count", "3", "--out", out.toString());
    assertThat(run.code()).isZero();
    CocoDataset dataset = CocoDataset.read(out.resolve("instances.json"));
    assertThat(dataset.images()).hasSize(3);
    for (CocoImage image : dataset.images()) {
      assertThat(ImageDecoder.decode(out.resolve("images").resolve(image.fileName())).width())
          .isEqualTo(128);
      LabelMap labels = LabelPng.read(out.resolve("masks").resolve(image.fileName()));
      dataset
          .instances(image.id())
          .forEach(
              garment ->
                  garment
                      .mask()
                      .segments(
                          (x, top, bottom) ->
                              assertThat(labels.label(x, top)).isEqualTo(garment.label() + 1)));
    }
    Path mosaic = folder.resolve("mosaic.png");
    CommandLineRun one =
        CommandLineRun.of(
            "scenes", "--data", data.toString(), "--mosaic", "2x1", "--out", mosaic.toString());
    assertThat(one.code()).isZero();
    PixelImage both = ImageDecoder.decode(mosaic);
    assertThat(both.crop(0, 0, 128, 128))
        .isEqualTo(ImageDecoder.decode(out.resolve("images/000000.png")));
    assertThat(both.crop(128, 0, 128, 128))
        .isEqualTo(ImageDecoder.decode(out.resolve("images/000001.png")));
  }
}
