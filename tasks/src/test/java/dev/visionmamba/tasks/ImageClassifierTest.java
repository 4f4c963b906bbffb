package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.types.DataType;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.InvalidImageException;
import dev.visionmamba.tasks.metrics.ConfusionMatrix;
import dev.visionmamba.tasks.training.ClassifierEvaluation;
import dev.visionmamba.tasks.training.LabelledImages;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.catalogue.ClassNames;
import dev.visionmamba.zoo.download.DownloadException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageClassifierTest {
  private static final Path PICTURES = Path.of("pictures");
  private static ImageClassifier classifier;

  @BeforeAll
  static void load() throws Exception {
    classifier = ImageClassifier.load(ModelCatalogue.DEFAULT);
  }

  @AfterAll
  static void close() {
    classifier.close();
  }

  /** Those of a single garment each, which are Fashion-MNIST's own. */
  private static List<Path> pictures() throws IOException {
    List<Path> garments = new ArrayList<>();
    try (Stream<Path> files = Files.list(PICTURES)) {
      for (Path file : files.sorted().toList()) {
        if (ImageDecoder.decode(file).width() == 28) {
          garments.add(file);
        }
      }
    }
    return garments;
  }

  /** A picture is named after its class: ankle-boot.png. */
  private static String classOf(Path picture) {
    return picture.getFileName().toString().replace(".png", "").replace('-', ' ');
  }

  private static String plain(String className) {
    return className.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z]+", " ");
  }

  private static List<Double> probabilities(Classifications answer) {
    return answer.getProbabilities();
  }

  @Test
  void bundledPicturesAreRecognised() throws Exception {
    assertThat(pictures()).hasSize(6);
    for (Path picture : pictures()) {
      Classifications answer = classifier.classify(picture);
      assertThat(plain(answer.best().getClassName())).isEqualTo(classOf(picture));
    }
  }

  @Test
  void foldedNormsChangeNothing(@TempDir Path folder) throws Exception {
    ModelDescription description =
        new ModelDescription(
            "small",
            "efficientvim_m1",
            Map.of("num_classes", 3, "embed_dim", List.of(16, 16, 16), "depths", List.of(1, 1, 1)),
            List.of("a", "b", "c"),
            new ImageInput(
                64, 64, 64, "bicubic", List.of(0.5f, 0.5f, 0.5f), List.of(0.2f, 0.2f, 0.2f)),
            Map.of());
    Path file = folder.resolve("small.safetensors");
    try (ClassifierModel model = ClassifierModel.create(description, Device.cpu())) {
      StateDict.of(model.network())
          .forEach(
              (name, array) -> {
                if (name.contains("running_var")) {
                  array.muli(0.2f);
                } else if (name.contains("running_mean")) {
                  array.addi(0.1f);
                }
              });
      model.save(file, description, DataType.FLOAT32);
    }
    try (ImageClassifier folded = ImageClassifier.load(file);
        ImageClassifier apart = ImageClassifier.load(file.toString(), Device.cpu(), false)) {
      List<Double> wanted = probabilities(apart.classify(pictures().get(0)));
      List<Double> got = probabilities(folded.classify(pictures().get(0)));
      for (int i = 0; i < 3; i++) {
        assertThat(got.get(i)).isCloseTo(wanted.get(i), within(1e-5));
      }
      assertThat(wanted.get(0)).isNotCloseTo(wanted.get(1), within(1e-4));
    }
  }

  @Test
  void probabilitiesAddUpAndTopIsSorted() throws Exception {
    Classifications answer = classifier.classify(pictures().get(0));
    assertThat(probabilities(answer).stream().mapToDouble(p -> p).sum()).isCloseTo(1, within(1e-5));
    List<Double> top =
        answer.<Classifications.Classification>topK(5).stream()
            .map(Classifications.Classification::getProbability)
            .collect(Collectors.toList());
    assertThat(top).hasSize(5).isSortedAccordingTo((a, b) -> Double.compare(b, a));
  }

  @Test
  void everyWayInGivesTheSame() throws Exception {
    List<Image> images = new ArrayList<>();
    for (Path picture : pictures()) {
      List<Double> want = probabilities(classifier.classify(picture));
      Image image = new BufferedImageFactory().fromFile(picture);
      images.add(image);
      assertThat(probabilities(classifier.classify(image))).isEqualTo(want);
      try (InputStream stream = Files.newInputStream(picture)) {
        assertThat(probabilities(classifier.classify(stream))).isEqualTo(want);
      }
    }
    List<Classifications> batch = classifier.classify(images);
    assertThat(batch).hasSameSizeAs(images);
    for (int i = 0; i < images.size(); i++) {
      List<Double> alone = probabilities(classifier.classify(images.get(i)));
      List<Double> together = probabilities(batch.get(i));
      for (int k = 0; k < alone.size(); k++) {
        assertThat(together.get(k)).isCloseTo(alone.get(k), within(1e-5));
      }
    }
    assertThat(classifier.classify(List.of())).isEmpty();
  }

  @Test
  void eightThreadsGiveWhatOneGives() throws Exception {
    List<Path> pictures = pictures();
    List<List<Double>> want = new ArrayList<>();
    for (Path picture : pictures) {
      want.add(probabilities(classifier.classify(picture)));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<List<Double>>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Path picture = pictures.get(i % pictures.size());
        answers.add(threads.submit(() -> probabilities(classifier.classify(picture))));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i).get()).isEqualTo(want.get(i % pictures.size()));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void tenThousandClassificationsHoldMemorySteady() throws Exception {
    Image image = new BufferedImageFactory().fromFile(pictures().get(0));
    for (int i = 0; i < 1_000; i++) {
      classifier.classify(image);
    }
    System.gc();
    double before = ProcessMemory.residentMegabytes();
    for (int i = 0; i < 9_000; i++) {
      classifier.classify(image);
    }
    System.gc();
    double after = ProcessMemory.residentMegabytes();
    assertThat(after).isLessThan(1.05 * before);
  }

  /** What classify says of a PNG file is what evaluate counts for the data set's image. */
  @Test
  void picturesInFilesAgreeWithTheEvaluation(@TempDir Path folder) throws Exception {
    LabelledImages images = Clothes.bars(60, 5);
    ConfusionMatrix counted = new ConfusionMatrix(images.classNames());
    for (int i = 0; i < images.count(); i++) {
      BufferedImage picture = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      byte[] pixels = new byte[28 * 28];
      images.image(i).get(pixels);
      picture.getRaster().setDataElements(0, 0, 28, 28, pixels);
      Path file = folder.resolve(i + ".png");
      ImageIO.write(picture, "png", file.toFile());
      String name = classifier.classify(file).best().getClassName();
      counted.add(images.label(i), images.classNames().indexOf(name));
    }
    try (ClassifierModel model = ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.cpu())) {
      ConfusionMatrix evaluated = ClassifierEvaluation.run(model, images, 1, done -> {});
      for (int actual = 0; actual < 10; actual++) {
        for (int predicted = 0; predicted < 10; predicted++) {
          assertThat(counted.count(actual, predicted))
              .isEqualTo(evaluated.count(actual, predicted));
        }
      }
    }
  }

  @Test
  void whatIsNoPictureIsRefused() {
    assertThatThrownBy(() -> classifier.classify(new ByteArrayInputStream(new byte[] {1, 2, 3})))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageContaining("the stream");
    assertThatThrownBy(() -> classifier.classify(Path.of("no-such.png")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no-such.png");
  }

  @Test
  void unknownModelsAreNamed() {
    assertThatThrownBy(() -> ImageClassifier.load("vim_huge"))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("vim_huge")
        .hasMessageContaining(ModelCatalogue.DEFAULT);
    assertThatThrownBy(() -> ImageClassifier.load("vim_tiny")) // tests are offline
        .isInstanceOf(DownloadException.class)
        .hasMessageContaining("vim_tiny.imagenet1k is not in the cache");
  }

  @Test
  void aClosedClassifierSaysSo() throws Exception {
    ImageClassifier other = ImageClassifier.load(ModelCatalogue.DEFAULT);
    other.close();
    other.close();
    assertThatThrownBy(() -> other.classify(pictures().get(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void imageNetHasAThousandNames() {
    assertThat(ClassNames.imageNet())
        .hasSize(1000)
        .startsWith("tench", "goldfish")
        .endsWith("ear", "toilet tissue");
  }
}
