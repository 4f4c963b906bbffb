package dev.visionmamba.tasks.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.BoundingBox;
import ai.djl.modality.cv.output.CategoryMask;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Mask;
import ai.djl.ndarray.types.DataType;
import ai.djl.repository.MRL;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import com.google.gson.JsonParser;
import dev.visionmamba.tasks.DenseModels;
import dev.visionmamba.tasks.DetectorOptions;
import dev.visionmamba.tasks.InstanceSegmenter;
import dev.visionmamba.tasks.ObjectDetector;
import dev.visionmamba.tasks.SemanticSegmenter;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.Task;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Detectors and segmenters load through DJL alone and answer as this library's own classes do. */
class DenseDjlTest {
  private static final Path SCENE = Path.of("pictures/scene.png");

  private static final DetectorOptions MANY =
      DetectorOptions.DEFAULT.withScoreThreshold(0.02).withMostObjects(7);

  @TempDir private Path folder;

  private static final List<Image> PICTURES =
      List.of(image(70, 50, 1), image(40, 130, 2), image(33, 32, 3));

  private static Image image(int width, int height, long seed) {
    return new BufferedImageFactory()
        .fromImage(DenseModels.picture(width, height, seed).toBufferedImage());
  }

  private Path exported(TrainedModel<?> model) throws Exception {
    Path out = folder.resolve(model.description().name());
    try (model) {
      ModelExport.write(model, out, DataType.FLOAT32);
    }
    return out;
  }

  private Criteria.Builder<Image, DetectedObjects> detector(TrainedModel<?> model)
      throws Exception {
    return Criteria.builder()
        .setTypes(Image.class, DetectedObjects.class)
        .optModelPath(exported(model))
        .optTranslatorFactory(new DetectionTranslatorFactory())
        .optArgument("threshold", "0.02")
        .optArgument("mostObjects", 7);
  }

  private Criteria.Builder<Image, CategoryMask> segmenter() throws Exception {
    return Criteria.builder()
        .setTypes(Image.class, CategoryMask.class)
        .optModelPath(exported(DenseModels.segmenter()))
        .optTranslatorFactory(new SegmentationTranslatorFactory());
  }

  /** Compares the answers about pictures of several sizes, one by one and as a batch. */
  private static void check(
      Criteria<Image, DetectedObjects> criteria, List<DetectedObjects> expected) throws Exception {
    try (ZooModel<Image, DetectedObjects> model = criteria.loadModel();
        Predictor<Image, DetectedObjects> predictor = model.newPredictor()) {
      List<DetectedObjects> batch = predictor.batchPredict(PICTURES);
      for (int i = 0; i < PICTURES.size(); i++) {
        assertThat(expected.get(i).getNumberOfObjects()).isEqualTo(7);
        assertSame(batch.get(i), expected.get(i));
        assertSame(predictor.predict(PICTURES.get(i)), expected.get(i));
      }
    }
  }

  private static void assertSame(DetectedObjects answer, DetectedObjects expected) {
    assertThat(answer.getNumberOfObjects()).isEqualTo(expected.getNumberOfObjects());
    assertThat(answer.getClassNames()).isEqualTo(expected.getClassNames());
    assertThat(answer.getProbabilities()).isEqualTo(expected.getProbabilities());
    for (int i = 0; i < expected.getNumberOfObjects(); i++) {
      DetectedObjects.DetectedObject one = answer.item(i);
      DetectedObjects.DetectedObject other = expected.item(i);
      BoundingBox box = one.getBoundingBox();
      assertThat(box.getBounds()).hasToString(other.getBoundingBox().getBounds().toString());
      assertThat(box.getClass()).isEqualTo(other.getBoundingBox().getClass());
      if (box instanceof Mask mask) {
        assertThat(mask.getProbDist()).isDeepEqualTo(((Mask) other.getBoundingBox()).getProbDist());
      }
    }
  }

  @Test
  void objectsWithMasks() throws Exception {
    try (InstanceSegmenter segmenter = InstanceSegmenter.of(DenseModels.maskRcnn(), MANY)) {
      List<DetectedObjects> expected =
          PICTURES.stream().map(picture -> segmenter.segment(picture).toDjl()).toList();
      check(detector(DenseModels.maskRcnn()).build(), expected);
      DetectedObjects.DetectedObject first = expected.get(0).item(0);
      assertThat(first.getBoundingBox()).isInstanceOf(Mask.class);
    }
  }

  @Test
  void masksMayBeLeftOut() throws Exception {
    try (ObjectDetector plain = ObjectDetector.of(DenseModels.maskRcnn(), MANY)) {
      List<DetectedObjects> expected =
          PICTURES.stream().map(picture -> plain.detect(picture).toDjl()).toList();
      check(detector(DenseModels.maskRcnn()).optArgument("masks", "false").build(), expected);
      DetectedObjects.DetectedObject first = expected.get(0).item(0);
      assertThat(first.getBoundingBox()).isNotInstanceOf(Mask.class);
    }
  }

  @Test
  void boxesAlone() throws Exception {
    DetectorOptions options = MANY.withScoreThreshold(0.001).withNmsThreshold(0.2);
    try (ObjectDetector plain = ObjectDetector.of(DenseModels.retinaNet(), options)) {
      check(
          detector(DenseModels.retinaNet())
              .optArgument("threshold", "0.001")
              .optArgument("nmsThreshold", "0.2")
              .build(),
          PICTURES.stream().map(picture -> plain.detect(picture).toDjl()).toList());
    }
  }

  @Test
  void nothingFoundIsNoObject() throws Exception {
    for (TrainedModel<?> model : List.of(DenseModels.maskRcnn(), DenseModels.retinaNet())) {
      Path out = folder.resolve(model.description().name());
      try (model) {
        ModelExport.write(model, out, DataType.FLOAT32);
      }
      Criteria<Image, DetectedObjects> criteria =
          Criteria.builder()
              .setTypes(Image.class, DetectedObjects.class)
              .optModelPath(out)
              .optTranslatorFactory(new DetectionTranslatorFactory())
              .optArgument("threshold", "1")
              .build();
      try (ZooModel<Image, DetectedObjects> loaded = criteria.loadModel();
          Predictor<Image, DetectedObjects> predictor = loaded.newPredictor()) {
        assertThat(predictor.predict(PICTURES.get(0)).getNumberOfObjects()).isZero();
      }
    }
  }

  @Test
  void aClassForEveryPixel() throws Exception {
    Criteria<Image, CategoryMask> criteria = segmenter().optArgument("foldNorms", "false").build();
    try (SemanticSegmenter own = SemanticSegmenter.of(DenseModels.segmenter());
        ZooModel<Image, CategoryMask> model = criteria.loadModel();
        Predictor<Image, CategoryMask> predictor = model.newPredictor()) {
      List<CategoryMask> batch = predictor.batchPredict(PICTURES);
      for (int i = 0; i < PICTURES.size(); i++) {
        CategoryMask expected = own.segment(PICTURES.get(i)).toDjl();
        assertThat(expected.getMask()).hasNumberOfRows(PICTURES.get(i).getHeight());
        assertThat(batch.get(i).getMask()).isDeepEqualTo(expected.getMask());
        assertThat(predictor.predict(PICTURES.get(i)).getMask()).isDeepEqualTo(expected.getMask());
        assertThat(batch.get(i).getClasses()).isEqualTo(DenseModels.CLASSES);
      }
    }
  }

  @Test
  void predictionsKeepNothing() throws Exception {
    try (ZooModel<Image, DetectedObjects> model =
            detector(DenseModels.maskRcnn()).build().loadModel();
        Predictor<Image, DetectedObjects> predictor = model.newPredictor()) {
      predictor.predict(PICTURES.get(0));
      int before = model.getNDManager().getManagedArrays().size();
      for (int i = 0; i < 3; i++) {
        predictor.predict(PICTURES.get(i));
      }
      assertThat(model.getNDManager().getManagedArrays()).hasSize(before);
    }
  }

  private static Input request() throws Exception {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(DenseModels.picture(70, 50, 1).toBufferedImage(), "png", png);
    Input request = new Input();
    request.add("data", png.toByteArray());
    return request;
  }

  @Test
  void servingTypesAnswerInJson() throws Exception {
    Criteria<Input, Output> detector =
        Criteria.builder()
            .setTypes(Input.class, Output.class)
            .optModelPath(exported(DenseModels.retinaNet()))
            .optArgument("threshold", "0.001")
            .build();
    try (ZooModel<Input, Output> model = detector.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Output answer = predictor.predict(request());
      assertThat(answer.getCode()).isEqualTo(200);
      var objects = JsonParser.parseString(answer.getData().getAsString()).getAsJsonArray();
      assertThat(objects).isNotEmpty();
      assertThat(objects.get(0).getAsJsonObject().keySet())
          .contains("className", "probability", "boundingBox");
    }
    Criteria<Input, Output> segmenter =
        Criteria.builder()
            .setTypes(Input.class, Output.class)
            .optModelPath(exported(DenseModels.segmenter()))
            .build();
    try (ZooModel<Input, Output> model = segmenter.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      var answer =
          JsonParser.parseString(predictor.predict(request()).getData().getAsString())
              .getAsJsonObject();
      assertThat(answer.getAsJsonArray("mask")).hasSize(50);
    }
  }

  @Test
  void wrongArgumentsAreRefused() throws Exception {
    Criteria<Image, DetectedObjects> criteria =
        detector(DenseModels.retinaNet()).optArgument("threshold", "1.5").build();
    assertThatThrownBy(criteria::loadModel).hasStackTraceContaining("must be 0 to 1, got 1.5");
  }

  @Test
  void theZooListsDetectorsAndSegmentersUnderTheirApplications() {
    assertThat(names(Application.CV.INSTANCE_SEGMENTATION))
        .contains(
            "mask_rcnn_vmamba_tiny_s1l8.coco_3x",
            "mask_rcnn_vmamba_tiny_s1l8",
            "mask_rcnn_vmamba_tiny");
    assertThat(names(Application.CV.OBJECT_DETECTION)).contains("retinanet_efficientvim_m4");
    assertThat(names(Application.CV.SEMANTIC_SEGMENTATION)).contains("upernet_vmamba_tiny");
  }

  private static List<String> names(Application application) {
    return ModelZoo.listModels().get(application).stream()
        .filter(mrl -> VisionMambaZoo.GROUP_ID.equals(mrl.getGroupId()))
        .map(MRL::getArtifactId)
        .toList();
  }

  @Test
  void theBundledDetectorIsAnArtifactOfTheZoo() throws Exception {
    String name = ModelCatalogue.bundled(Task.DETECTION).get(0);
    Image scene = new BufferedImageFactory().fromFile(SCENE);
    Criteria<Image, DetectedObjects> criteria =
        Criteria.builder()
            .setTypes(Image.class, DetectedObjects.class)
            .optGroupId(VisionMambaZoo.GROUP_ID)
            .optArtifactId(name)
            .optArgument("foldNorms", "false")
            .build();
    try (InstanceSegmenter own = InstanceSegmenter.load(name);
        ZooModel<Image, DetectedObjects> model = criteria.loadModel();
        Predictor<Image, DetectedObjects> predictor = model.newPredictor()) {
      DetectedObjects expected = own.segment(scene).toDjl();
      assertThat(expected.getNumberOfObjects()).isPositive();
      assertSame(predictor.predict(scene), expected);
    }
  }

  @Test
  void theZooSaysWhatAModelAnswers() {
    assertAnswers("mask_rcnn_vmamba_tiny", "DetectedObjects");
    assertAnswers("upernet_vmamba_tiny", "CategoryMask");
  }

  private static void assertAnswers(String name, String answer) {
    Criteria<Image, Classifications> criteria =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optGroupId(VisionMambaZoo.GROUP_ID)
            .optArtifactId(name)
            .build();
    assertThatThrownBy(criteria::loadModel)
        .hasStackTraceContaining(
            name + " turns an image into " + answer + ", not Image into Classifications");
  }

  @Test
  void restorersAreNotExported() {
    ModelDescription description =
        new ModelDescription(
            "small",
            "mambair_light_x2",
            Map.of("embed_dim", 30, "depths", List.of(1)),
            HeadDescription.RESTORER,
            Map.of());
    Path out = folder.resolve("exported");
    try (RestorerModel model = RestorerModel.create(description, Device.cpu())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ModelExport.write(model, out, DataType.FLOAT32))
          .withMessageContaining("ImageRestorer");
    }
    assertThat(out).doesNotExist();
  }
}
