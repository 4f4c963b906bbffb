package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.OnProblem;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary;
import dev.visionmamba.tasks.training.CocoFolder;
import dev.visionmamba.tasks.training.DetectorEvaluation;
import dev.visionmamba.tasks.training.MaskCoding;
import dev.visionmamba.tasks.training.SegmentationFolder;
import dev.visionmamba.tasks.training.SegmenterEvaluation;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.SegmenterModel;
import dev.visionmamba.zoo.catalogue.Task;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bundled detector and segmenter on the first twelve test scenes, which {@code
 * pictures/scenes.png} shows four in a row; neither model was trained on their garments.
 */
class BundledScenesTest {
  private static final int SIDE = 128;
  private static final int COLUMNS = 4;
  private static final int ROWS = 3;

  @TempDir private static Path folder;

  @BeforeAll
  static void cut() throws Exception {
    PixelImage all = ImageDecoder.decode(Path.of("pictures/scenes.png"));
    assertThat(all.width()).isEqualTo(COLUMNS * SIDE);
    assertThat(all.height()).isEqualTo(ROWS * SIDE);
    for (int i = 0; i < COLUMNS * ROWS; i++) {
      PixelImage scene = all.crop(i % COLUMNS * SIDE, i / COLUMNS * SIDE, SIDE, SIDE);
      BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < SIDE * SIDE; p++) {
        byte[] rgb = scene.rgb();
        int colour = (rgb[3 * p] & 255) << 16 | (rgb[3 * p + 1] & 255) << 8 | rgb[3 * p + 2] & 255;
        picture.setRGB(p % SIDE, p / SIDE, colour);
      }
      ImageIO.write(picture, "png", folder.resolve("%06d.png".formatted(i)).toFile());
    }
  }

  private static Path resource(String name) throws Exception {
    return Path.of(BundledScenesTest.class.getResource("scenes/" + name).toURI());
  }

  @Test
  void theDetectorFindsGarmentsAndTheirMasks() throws Exception {
    CocoFolder scenes =
        CocoFolder.open(CocoDataset.read(resource("instances.json")), folder, OnProblem.REFUSE);
    String name = ModelCatalogue.bundled(Task.INSTANCE_SEGMENTATION).get(0);
    try (DetectorModel model = ModelCatalogue.loadDetector(name, Device.cpu())) {
      Map<Overlap, AveragePrecisionSummary> found =
          DetectorEvaluation.run(model, scenes, EnumSet.allOf(Overlap.class), 1, done -> {});
      assertThat(found.get(Overlap.BOXES).ap50()).isGreaterThan(0.7);
      assertThat(found.get(Overlap.MASKS).ap50()).isGreaterThan(0.7);
    }
  }

  @Test
  void theSegmenterNamesMostPixels() throws Exception {
    String name = ModelCatalogue.bundled(Task.SEMANTIC_SEGMENTATION).get(0);
    try (SegmenterModel model = ModelCatalogue.loadSegmenter(name, Device.cpu())) {
      SegmentationFolder scenes =
          SegmentationFolder.open(
              folder, resource("masks"), MaskCoding.labels(model.description().classes()));
      assertThat(SegmenterEvaluation.run(model, scenes, 1, done -> {}).meanIou())
          .isGreaterThan(0.5);
    }
  }

  /** What the mosaic shows is what its scenes show, whether tiles or windows see it. */
  @Test
  void tilesFindInALargePictureWhatIsInItsParts() throws Exception {
    Path mosaic = Path.of("pictures/scenes.png");
    CocoDataset truth = CocoDataset.read(resource("instances.json"));
    int objects =
        truth.images().stream().mapToInt(image -> truth.annotations(image.id()).size()).sum();
    DetectorOptions tiles =
        DetectorOptions.DEFAULT
            .withScoreThreshold(0.5)
            .withTiling(DetectionTiling.of(SIDE, SIDE / 4).withoutWhole());
    String name = ModelCatalogue.bundled(Task.INSTANCE_SEGMENTATION).get(0);
    try (ObjectDetector detector = ObjectDetector.load(name, Device.cpu(), tiles)) {
      assertThat(detector.detect(mosaic).detections())
          .hasSizeBetween((int) (0.7 * objects), (int) (1.3 * objects));
    }
  }
}
