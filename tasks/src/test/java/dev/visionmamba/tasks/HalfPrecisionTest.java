package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.tasks.SegmentedPicture.Share;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.cli.Main;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.metrics.ComparedChannels;
import dev.visionmamba.tasks.metrics.Psnr;
import dev.visionmamba.zoo.ModelCatalogue;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bundled models in half precision answer as in single precision. */
class HalfPrecisionTest {
  private static final Path SCENE = Path.of("pictures/scene.png");

  @ParameterizedTest
  @ValueSource(strings = {"ankle-boot", "bag", "dress", "pullover", "sneaker", "trouser"})
  void classesAreThoseOfSinglePrecision(String name) throws Exception {
    Path picture = Path.of("pictures", name + ".png");
    try (ImageClassifier single = ImageClassifier.load(ModelCatalogue.DEFAULT);
        ImageClassifier half =
            ImageClassifier.load(ModelCatalogue.DEFAULT, Device.cpu(), Precision.FLOAT16)) {
      Classifications wanted = single.classify(picture);
      Classifications answer = half.classify(picture);
      assertThat(answer.best().getClassName()).isEqualTo(wanted.best().getClassName());
      assertThat(answer.getProbabilities()).isNotEqualTo(wanted.getProbabilities());
      for (String label : wanted.getClassNames()) {
        assertThat(answer.get(label).getProbability())
            .isCloseTo(wanted.get(label).getProbability(), within(5e-3));
      }
    }
  }

  @Test
  void objectsAreThoseOfSinglePrecision() throws Exception {
    String model = "vmamba_micro.fashion_scenes_detection";
    DetectorOptions options = DetectorOptions.DEFAULT.withScoreThreshold(0.5);
    try (InstanceSegmenter single = InstanceSegmenter.load(model, Device.cpu(), options);
        InstanceSegmenter half =
            InstanceSegmenter.load(model, Device.cpu(), Precision.FLOAT16, options);
        ObjectDetector boxes =
            ObjectDetector.load(model, Device.cpu(), Precision.FLOAT16, options)) {
      List<Detection> wanted = single.segment(SCENE).detections();
      List<Detection> found = half.segment(SCENE).detections();
      assertThat(wanted).isNotEmpty();
      assertThat(found).hasSameSizeAs(wanted);
      assertThat(boxes.detect(SCENE).detections()).hasSameSizeAs(wanted);
      for (int i = 0; i < wanted.size(); i++) {
        assertThat(found.get(i).label()).isEqualTo(wanted.get(i).label());
        assertThat(found.get(i).score()).isCloseTo(wanted.get(i).score(), within(1e-2));
        assertThat((double) found.get(i).mask().area())
            .isCloseTo(wanted.get(i).mask().area(), within(0.02 * wanted.get(i).mask().area() + 2));
      }
    }
  }

  @Test
  void pixelsAreThoseOfSinglePrecision() throws Exception {
    String model = "vmamba_micro.fashion_scenes_segmentation";
    try (SemanticSegmenter single = SemanticSegmenter.load(model);
        SemanticSegmenter half =
            SemanticSegmenter.load(
                model, Device.cpu(), Precision.FLOAT16, SegmenterOptions.DEFAULT)) {
      SegmentedPicture wanted = single.segment(SCENE);
      SegmentedPicture labels = half.segment(SCENE);
      assertThat(wanted.shares()).hasSizeGreaterThan(3);
      for (Share share : wanted.shares()) {
        assertThat((double) labels.mask(share.label()).area())
            .isCloseTo(share.pixels(), within(0.01 * share.pixels() + 5));
      }
    }
  }

  @Test
  void restoredPicturesAreThoseOfSinglePrecision() throws Exception {
    String model = "vmamba_micro.photographs_noise25";
    DeepImage noisy = DeepImage.read(Path.of("pictures/stream-noisy.png"));
    try (ImageRestorer single = ImageRestorer.load(model);
        ImageRestorer half = ImageRestorer.load(model, Device.cpu(), Precision.FLOAT16)) {
      DeepImage wanted = single.restore(noisy);
      DeepImage restored = half.restore(noisy);
      assertThat(Psnr.of(restored, wanted, ComparedChannels.COLOURS, 0)).isGreaterThan(50);
    }
  }

  @Test
  void djlTakesThePrecisionAsAnArgument() throws Exception {
    Image boot = ImageFactory.getInstance().fromFile(Path.of("pictures/ankle-boot.png"));
    double[] best = new double[2];
    for (Precision precision : Precision.values()) {
      Criteria<Image, Classifications> criteria =
          Criteria.builder()
              .setTypes(Image.class, Classifications.class)
              .optGroupId("dev.visionmamba")
              .optArtifactId(ModelCatalogue.DEFAULT)
              .optArgument("precision", precision.toString())
              .build();
      try (ZooModel<Image, Classifications> model = criteria.loadModel();
          Predictor<Image, Classifications> predictor = model.newPredictor()) {
        best[precision.ordinal()] = predictor.predict(boot).best().getProbability();
      }
    }
    assertThat(best[1]).isCloseTo(best[0], within(5e-3)).isNotEqualTo(best[0]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "classify pictures/bag.png",
        "detect pictures/scene.png",
        "segment pictures/scene.png",
        "benchmark --runs 1 --warmup 0",
        "benchmark --model efficientvim_m1 --size 64 --runs 1 --warmup 0"
      })
  void commandsTakeDeviceAndPrecision(String line) {
    String[] arguments = (line + " --device cpu --precision float16").split(" ");
    assertThat(Main.run(arguments)).isZero();
  }
}
