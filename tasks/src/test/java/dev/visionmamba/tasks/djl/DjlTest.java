package dev.visionmamba.tasks.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.types.DataType;
import ai.djl.repository.MRL;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import com.google.gson.JsonParser;
import dev.visionmamba.tasks.ImageClassifier;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models load through DJL alone and answer as {@link ImageClassifier} does. */
class DjlTest {
  private static final Path BOOT = Path.of("pictures/ankle-boot.png");
  private static final Path BAG = Path.of("pictures/bag.png");

  // For images DJL takes its own factory, whatever serving.properties says, unless it is told.
  private static final ClassificationTranslatorFactory TRANSLATORS =
      new ClassificationTranslatorFactory();

  @TempDir private Path folder;

  private static Image image(Path file) throws IOException {
    return new BufferedImageFactory().fromFile(file);
  }

  private static Criteria.Builder<Image, Classifications> images() {
    return Criteria.builder().setTypes(Image.class, Classifications.class);
  }

  private static void export(Path out, DataType type) throws Exception {
    try (ClassifierModel model = ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.cpu())) {
      ModelExport.write(model, out, type);
    }
  }

  private Path exported() throws Exception {
    Path out = folder.resolve("exported");
    export(out, DataType.FLOAT32);
    return out;
  }

  /** Compares the answers about two pictures, one by one and as a batch. */
  private static void check(Criteria<Image, Classifications> criteria) throws Exception {
    List<Image> pictures = List.of(image(BOOT), image(BAG));
    try (ImageClassifier classifier = ImageClassifier.load(ModelCatalogue.DEFAULT);
        ZooModel<Image, Classifications> model = criteria.loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor()) {
      List<Classifications> batch = predictor.batchPredict(pictures);
      for (int i = 0; i < pictures.size(); i++) {
        Classifications expected = classifier.classify(pictures.get(i));
        assertSame(predictor.predict(pictures.get(i)), expected);
        assertSame(batch.get(i), expected);
      }
    }
  }

  private static void assertSame(Classifications answer, Classifications expected) {
    assertThat(answer.getClassNames()).isEqualTo(expected.getClassNames());
    for (int i = 0; i < expected.getProbabilities().size(); i++) {
      double probability = expected.getProbabilities().get(i);
      assertThat(Math.abs(answer.getProbabilities().get(i) - probability)).isLessThan(1e-5);
    }
  }

  @Test
  void aNameIsAnArtifactOfTheZoo() throws Exception {
    check(
        images()
            .optGroupId(VisionMambaZoo.GROUP_ID)
            .optArtifactId(ModelCatalogue.DEFAULT)
            .optApplication(Application.CV.IMAGE_CLASSIFICATION)
            .build());
  }

  @Test
  void anExportedFolderLoads() throws Exception {
    check(images().optModelPath(exported()).optTranslatorFactory(TRANSLATORS).build());
  }

  @Test
  void anArchiveOfTheFolderLoads() throws Exception {
    Path archive = folder.resolve("model.zip");
    try (OutputStream out = Files.newOutputStream(archive);
        ZipOutputStream zip = new ZipOutputStream(out);
        DirectoryStream<Path> files = Files.newDirectoryStream(exported())) {
      for (Path file : files) {
        zip.putNextEntry(new ZipEntry(file.getFileName().toString()));
        Files.copy(file, zip);
      }
    }
    check(
        images()
            .optModelUrls(archive.toUri().toString())
            .optTranslatorFactory(TRANSLATORS)
            .build());
  }

  @Test
  void servingTypesAnswerInJson() throws Exception {
    Criteria<Input, Output> criteria =
        Criteria.builder()
            .setTypes(Input.class, Output.class)
            .optModelPath(exported())
            .optArgument("topK", 2)
            .build();
    try (ZooModel<Input, Output> model = criteria.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Input request = new Input();
      request.add("data", Files.readAllBytes(BOOT));
      Output answer = predictor.predict(request);
      assertThat(answer.getCode()).isEqualTo(200);
      var classes = JsonParser.parseString(answer.getData().getAsString()).getAsJsonArray();
      assertThat(classes).hasSize(2);
      assertThat(classes.get(0).getAsJsonObject().get("className").getAsString())
          .isEqualTo("Ankle boot");
    }
  }

  @Test
  void aFileIsAnInputToo() throws Exception {
    Criteria<Path, Classifications> criteria =
        Criteria.builder()
            .setTypes(Path.class, Classifications.class)
            .optGroupId(VisionMambaZoo.GROUP_ID)
            .optArtifactId(ModelCatalogue.DEFAULT)
            .build();
    try (ZooModel<Path, Classifications> model = criteria.loadModel();
        Predictor<Path, Classifications> predictor = model.newPredictor()) {
      assertThat(predictor.predict(BAG).best().getClassName()).isEqualTo("Bag");
    }
  }

  @Test
  void theZooListsEveryClassifier() {
    assertThat(ModelZoo.listModels().get(Application.CV.IMAGE_CLASSIFICATION))
        .filteredOn(mrl -> VisionMambaZoo.GROUP_ID.equals(mrl.getGroupId()))
        .extracting(MRL::getArtifactId)
        .contains(ModelCatalogue.DEFAULT, "vmamba_tiny_s1l8", "efficientvim_m4_dist.imagenet1k")
        .doesNotContain("mask_rcnn_vmamba_tiny_s1l8");
  }

  @Test
  void whatIsNotThereIsSaid() throws Exception {
    assertThatThrownBy(
            () ->
                images()
                    .optGroupId(VisionMambaZoo.GROUP_ID)
                    .optArtifactId("vimm")
                    .build()
                    .loadModel())
        .isInstanceOf(ModelNotFoundException.class);
    Criteria<Image, String> other =
        Criteria.builder()
            .setTypes(Image.class, String.class)
            .optGroupId(VisionMambaZoo.GROUP_ID)
            .optArtifactId(ModelCatalogue.DEFAULT)
            .build();
    assertThatThrownBy(other::loadModel)
        .isInstanceOf(ModelNotFoundException.class)
        .hasStackTraceContaining("turns an image into Classifications, not Image into String");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Files.copy(exported().resolve("serving.properties"), empty.resolve("serving.properties"));
    assertThatThrownBy(() -> images().optModelPath(empty).build().loadModel())
        .hasStackTraceContaining(ModelCatalogue.MODEL_FILE);
  }

  @Test
  void nothingIsOverwritten() throws Exception {
    Path out = exported();
    assertThatThrownBy(() -> export(out, DataType.FLOAT16))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("empty folder");
    Path half = folder.resolve("half");
    export(half, DataType.FLOAT16);
    assertThat(Files.size(half.resolve(ModelCatalogue.MODEL_FILE)))
        .isLessThan(Files.size(out.resolve(ModelCatalogue.MODEL_FILE)) * 6 / 10);
  }
}
