package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Mask;
import ai.djl.modality.cv.output.Rectangle;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.drawing.ClassNames;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.DetectorModel;
import java.io.ByteArrayInputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectDetectorTest {
  /** Random weights are sure of nothing. */
  private static final DetectorOptions ANY =
      DetectorOptions.DEFAULT.withScoreThreshold(0.02).withMostObjects(12);

  private static final PixelImage PICTURE = DenseModels.picture(70, 50, 1);

  private static DetectorModel model;
  private static InstanceSegmenter segmenter;

  @BeforeAll
  static void load() {
    model = DenseModels.maskRcnn();
    segmenter = InstanceSegmenter.of(model, ANY);
  }

  @AfterAll
  static void close() {
    segmenter.close();
  }

  /** What the network itself says of a picture. */
  private static Detections asked(PixelImage picture, DetectorOptions options, boolean masks) {
    FitPreprocessing preprocessing = new FitPreprocessing(model.description().fit());
    RescaleSize size = preprocessing.size(picture.width(), picture.height());
    int height = preprocessing.padded(size.height());
    int width = preprocessing.padded(size.width());
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray images = manager.create(new Shape(1, 3, height, width));
      preprocessing.write(
          picture,
          images.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer(),
          width,
          height);
      return model
          .network()
          .detect(
              new ParameterStore(manager, false),
              images,
              List.of(ImageFrame.of(size, picture.height(), picture.width())),
              new DetectionOptions(
                  new MulticlassNms(
                      (float) options.scoreThreshold(),
                      (float) options.nmsThreshold(),
                      options.mostObjects()),
                  masks))
          .get(0);
    }
  }

  private static void requireClose(DetectedPicture got, DetectedPicture wanted) {
    assertThat(got.detections()).hasSameSizeAs(wanted.detections());
    for (int i = 0; i < got.detections().size(); i++) {
      Detection a = got.detections().get(i);
      Detection b = wanted.detections().get(i);
      assertThat(a.label()).isEqualTo(b.label());
      assertThat(a.score()).isCloseTo(b.score(), within(1e-4));
      assertThat(a.box().overlap(b.box(), false)).isGreaterThan(0.99);
    }
  }

  @ParameterizedTest
  @CsvSource({"70, 50", "50, 70", "1, 1", "3, 200", "300, 9", "33, 31"})
  void picturesOfAnySizeGiveWhatTheNetworkSays(int width, int height) {
    PixelImage picture = DenseModels.picture(width, height, 2);
    DetectedPicture answer = segmenter.segment(picture);
    Detections wanted = asked(picture, ANY, true);
    assertThat(answer.width()).isEqualTo(width);
    assertThat(answer.height()).isEqualTo(height);
    assertThat(answer.classes()).isEqualTo(DenseModels.CLASSES);
    assertThat(answer.detections()).hasSize(wanted.size()).isNotEmpty();
    for (int i = 0; i < wanted.size(); i++) {
      Detection detection = answer.detections().get(i);
      float[] box = wanted.box(i);
      assertThat(detection.box()).isEqualTo(Box.ofCorners(box[0], box[1], box[2], box[3]));
      assertThat(detection.score()).isEqualTo(wanted.scores()[i]);
      assertThat(detection.label()).isEqualTo(wanted.labels()[i]);
      // The same pixels as of a mask that is pasted into the whole picture.
      assertThat(detection.mask())
          .isEqualTo(RunLengthMask.of(width, height, wanted.pixels(i, height, width)));
    }
  }

  @Test
  void aDetectorGivesTheBoxesWithoutTheMasks(@TempDir Path folder) throws Exception {
    Path file = DenseModels.save(DenseModels.maskRcnn(), folder.resolve("m.safetensors"));
    try (ObjectDetector detector = ObjectDetector.load(file.toString(), Device.cpu(), ANY)) {
      DetectedPicture answer = detector.detect(PICTURE);
      DetectedPicture masked = segmenter.segment(PICTURE);
      assertThat(answer.detections()).hasSameSizeAs(masked.detections());
      for (int i = 0; i < answer.detections().size(); i++) {
        Detection plain = answer.detections().get(i);
        assertThat(plain.mask()).isNull();
        assertThat(plain.box()).isEqualTo(masked.detections().get(i).box());
        assertThat(plain.score()).isEqualTo(masked.detections().get(i).score());
      }
      assertThat(asked(PICTURE, ANY, false).masks()).isEmpty();
    }
  }

  @Test
  void everyWayInGivesTheSame(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("picture.png");
    ImageIO.write(PICTURE.toBufferedImage(), "png", file.toFile());
    DetectedPicture wanted = segmenter.segment(PICTURE);
    assertThat(segmenter.segment(file)).isEqualTo(wanted);
    assertThat(segmenter.segment(new ByteArrayInputStream(Files.readAllBytes(file))))
        .isEqualTo(wanted);
    Image image = new BufferedImageFactory().fromFile(file);
    assertThat(segmenter.segment(image)).isEqualTo(wanted);
    List<PixelImage> several = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      several.add(DenseModels.picture(40 + 30 * (i % 3), 50, i));
    }
    List<DetectedPicture> together = segmenter.segmentPixels(several);
    assertThat(together).hasSize(7);
    for (int i = 0; i < 7; i++) {
      requireClose(together.get(i), segmenter.segment(several.get(i)));
    }
    assertThat(segmenter.segmentPixels(List.of())).isEmpty();
    assertThat(segmenter.segment(List.of(image, image))).hasSize(2);
  }

  @Test
  void optionsChooseObjects() {
    try (ObjectDetector none =
            ObjectDetector.of(DenseModels.maskRcnn(), ANY.withScoreThreshold(1));
        ObjectDetector three = ObjectDetector.of(DenseModels.maskRcnn(), ANY.withMostObjects(3));
        ObjectDetector apart = ObjectDetector.of(DenseModels.maskRcnn(), ANY.withNmsThreshold(0));
        ObjectDetector all = ObjectDetector.of(DenseModels.maskRcnn(), ANY.withNmsThreshold(1))) {
      assertThat(none.detect(PICTURE).detections()).isEmpty();
      assertThat(none.detect(PICTURE).toDjl().getNumberOfObjects()).isZero();
      assertThat(three.detect(PICTURE).detections())
          .hasSize(3)
          .isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
      List<Detection> separate = apart.detect(PICTURE).detections();
      assertThat(separate).hasSizeLessThan(all.detect(PICTURE).detections().size());
      for (Detection a : separate) {
        assertThat(separate)
            .filteredOn(b -> b != a && b.label() == a.label())
            .allMatch(b -> b.box().overlap(a.box(), false) == 0);
      }
    }
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ANY.withScoreThreshold(1.5))
        .withMessageContaining("1.5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ANY.withNmsThreshold(Double.NaN))
        .withMessageContaining("NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ANY.withMostObjects(0))
        .withMessageContaining("got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ANY.withBatchSize(-1))
        .withMessageContaining("-1");
    assertThat(DetectorOptions.COCO.scoreThreshold()).isEqualTo(0.05);
  }

  @Test
  void djlGetsRelativeBoxesAndMasks() {
    DetectedPicture answer = segmenter.segment(PICTURE);
    DetectedObjects objects = answer.toDjl();
    assertThat(objects.getNumberOfObjects()).isEqualTo(answer.detections().size());
    for (int i = 0; i < answer.detections().size(); i++) {
      Detection detection = answer.detections().get(i);
      DetectedObjects.DetectedObject object = objects.item(i);
      assertThat(object.getClassName()).isEqualTo(answer.className(detection));
      assertThat(object.getProbability()).isEqualTo(detection.score());
      Rectangle bounds = object.getBoundingBox().getBounds();
      assertThat(bounds.getX() * 70).isCloseTo(detection.box().left(), within(1e-9));
      assertThat(bounds.getY() * 50).isCloseTo(detection.box().top(), within(1e-9));
      assertThat(bounds.getWidth() * 70).isCloseTo(detection.box().width(), within(1e-9));
      assertThat(bounds.getHeight() * 50).isCloseTo(detection.box().height(), within(1e-9));
      float[][] grid = ((Mask) object.getBoundingBox()).getProbDist();
      int left = (int) Math.floor(detection.box().left());
      int top = (int) Math.floor(detection.box().top());
      boolean[] inside = new boolean[70 * 50];
      for (int y = 0; y < grid.length; y++) {
        for (int x = 0; x < grid[y].length; x++) {
          inside[(top + y) * 70 + left + x] = grid[y][x] == 1;
        }
      }
      assertThat(RunLengthMask.of(70, 50, inside)).isEqualTo(detection.mask());
    }
    Image drawn = new BufferedImageFactory().fromImage(PICTURE.toBufferedImage());
    drawn.drawBoundingBoxes(objects);
    assertThat(PixelImage.of(drawn)).isNotEqualTo(PICTURE);
  }

  @Test
  void cocoGetsNumbersOfClasses() {
    DetectedPicture answer = segmenter.segment(PICTURE);
    List<CocoResult> results = answer.toCoco(17, ClassNames.categories(answer.classes()));
    assertThat(results).hasSameSizeAs(answer.detections());
    assertThat(results.get(0).imageId()).isEqualTo(17);
    assertThat(results.get(0).categoryId()).isEqualTo(answer.detections().get(0).label() + 1);
    assertThat(results.get(0).mask()).isEqualTo(answer.detections().get(0).mask());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> answer.toCoco(1, List.of()))
        .withMessageContaining("3 classes");
    assertThat(ClassNames.categories(ClassNames.coco()).get(79).id()).isEqualTo(90);
  }

  @Test
  void tilesOfALargePictureAreSeenAtTheNetworksSize() {
    PixelImage large = DenseModels.picture(200, 150, 3);
    DetectorOptions tiled = ANY.withTiling(DetectionTiling.of(80, 20)).withMostObjects(500);
    try (InstanceSegmenter other = InstanceSegmenter.of(DenseModels.maskRcnn(), tiled)) {
      DetectedPicture answer = other.segment(large);
      assertThat(answer.detections())
          .hasSizeGreaterThan(segmenter.segment(large).detections().size());
      assertThat(answer.detections())
          .isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()))
          .allSatisfy(
              detection -> {
                assertThat(detection.mask().width()).isEqualTo(200);
                assertThat(detection.mask().height()).isEqualTo(150);
                assertThat(detection.box()).isEqualTo(detection.box().clipped(200, 150));
              });
      requireClose(other.segment(PICTURE), other.segment(PICTURE.crop(0, 0, 70, 50)));
    }
  }

  @Test
  void aModelWithoutMasksSegmentsNoInstances(@TempDir Path folder) throws Exception {
    Path file = DenseModels.save(DenseModels.retinaNet(), folder.resolve("r.safetensors"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> InstanceSegmenter.load(file.toString()))
        .withMessageContainingAll("tiny_retinanet", "retinanet", "ObjectDetector", "mask_rcnn");
    DetectorOptions some = DetectorOptions.DEFAULT.withScoreThreshold(0.001).withMostObjects(9);
    try (ObjectDetector detector = ObjectDetector.load(file.toString(), Device.cpu(), some)) {
      DetectedPicture answer = detector.detect(PICTURE);
      assertThat(answer.detections()).hasSize(9).allMatch(detection -> detection.mask() == null);
      assertThat(detector.description().name()).isEqualTo("tiny_retinanet");
    }
  }

  @Test
  void eightThreadsGiveWhatOneGives() throws Exception {
    DetectedPicture wanted = segmenter.segment(PICTURE);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<DetectedPicture>> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        answers.add(threads.submit(() -> segmenter.segment(PICTURE)));
      }
      for (Future<DetectedPicture> answer : answers) {
        assertThat(answer.get()).isEqualTo(wanted);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void detectionsHoldMemorySteady() {
    segmenter.segment(PICTURE);
    int arrays = model.djlModel().getNDManager().getManagedArrays().size();
    SteadyMemory.require(() -> segmenter.segment(PICTURE));
    assertThat(model.djlModel().getNDManager().getManagedArrays()).hasSize(arrays);
  }

  @Test
  void aClosedDetectorSaysSo() {
    ObjectDetector detector = ObjectDetector.of(DenseModels.retinaNet(), ANY);
    detector.close();
    detector.close();
    assertThatThrownBy(() -> detector.detect(PICTURE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("detector tiny_retinanet is closed");
    assertThatThrownBy(() -> ObjectDetector.load("no-such-detector"))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("no-such-detector");
  }
}
