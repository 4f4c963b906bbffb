package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.repository.zoo.ModelNotFoundException;
import com.sun.net.httpserver.HttpServer;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.PyTorchWriter;
import dev.visionmamba.zoo.download.DownloadException;
import dev.visionmamba.zoo.download.DownloadOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCatalogueTest {
  @TempDir private Path folder;
  private final Properties before = (Properties) System.getProperties().clone();

  @BeforeEach
  void ownCache() {
    System.setProperty(DownloadOptions.CACHE_PROPERTY, folder.resolve("cache").toString());
  }

  @AfterEach
  void forget() {
    System.setProperties(before);
  }

  private static CatalogueEntry published(String name) {
    return Catalogue.published().find(name).orElseThrow();
  }

  private Path bundledFile(String name) throws Exception {
    Path file = folder.resolve(name);
    try (InputStream in =
        ModelCatalogue.class.getResourceAsStream(
            "models/" + ModelCatalogue.DEFAULT + ".safetensors")) {
      Files.copy(in, file);
    }
    return file;
  }

  @Test
  void saysWhatAModelAnswers() throws Exception {
    Path file = bundledFile(ModelCatalogue.MODEL_FILE);
    for (String model :
        List.of(ModelCatalogue.DEFAULT, file.toString(), file.getParent().toString())) {
      assertThat(ModelCatalogue.task(model)).isEqualTo(Task.CLASSIFICATION);
    }
    CatalogueEntry dense =
        Catalogue.published().entries().stream()
            .filter(entry -> entry.task() == Task.SEMANTIC_SEGMENTATION)
            .findFirst()
            .orElseThrow();
    assertThat(ModelCatalogue.task(dense.name())).isEqualTo(Task.SEMANTIC_SEGMENTATION);
    assertThatThrownBy(() -> ModelCatalogue.task("vim_huge"))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("vim_huge");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> ModelCatalogue.task(empty.toString()))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining(ModelCatalogue.MODEL_FILE);
  }

  @Test
  void loadsNamesFilesAndFolders() throws Exception {
    Path file = bundledFile(ModelCatalogue.MODEL_FILE);
    for (String model :
        List.of(ModelCatalogue.DEFAULT, file.toString(), file.getParent().toString())) {
      assertThat(ModelCatalogue.downloadable(model)).isEmpty();
      try (ClassifierModel loaded = ModelCatalogue.load(model, Device.cpu())) {
        assertThat(loaded.description().name()).isEqualTo(ModelCatalogue.DEFAULT);
      }
    }
  }

  @Test
  void aFileThatIsHereIsOpenedAsWhatItIsSaidToBe() throws Exception {
    CatalogueEntry entry = published("vim_tiny");
    Path other = bundledFile("a.safetensors");
    assertThatThrownBy(() -> ModelCatalogue.open(entry, other, LoadOptions.STRICT, Device.cpu()))
        .isInstanceOf(MalformedModelException.class)
        .hasMessageContaining(other.toString());
    Path noPickle = Files.write(folder.resolve("a.pth"), new byte[100]);
    assertThatThrownBy(() -> ModelCatalogue.open(entry, noPickle, LoadOptions.STRICT, Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(noPickle.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "vim_tinny, vim_tiny",
    "vim_micro.fashion-mnist, vim_micro.fashion_mnist",
    "mask_rcnn_vmamba_tinny, mask_rcnn_vmamba_tiny_s1l8"
  })
  void unknownNamesAreAnsweredWithTheNearest(String name, String nearest) {
    assertThatThrownBy(() -> ModelCatalogue.load(name, Device.cpu()))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContainingAll("\"" + name + "\"", "did you mean", nearest);
  }

  @ParameterizedTest
  @CsvSource({
    "mask_rcnn_vmamba_tiny_s1l8, instance segmentation, loadDetector",
    "retinanet_efficientvim_m4, for detection, loadDetector",
    "upernet_plainmamba_l1, semantic segmentation, loadSegmenter"
  })
  void whatIsForAnotherTaskIsNotFetched(String name, String task, String call) {
    assertThatThrownBy(() -> ModelCatalogue.load(name, Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(published(name).name(), task, call);
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  @Test
  void eachCallRefusesOtherTasks() {
    assertThatThrownBy(() -> ModelCatalogue.loadDetector("vim_tiny", Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(
            "vim_tiny.imagenet1k", "for classification", "ModelCatalogue.load,");
    assertThatThrownBy(() -> ModelCatalogue.loadSegmenter(ModelCatalogue.DEFAULT, Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(ModelCatalogue.DEFAULT, "for classification");
    assertThatThrownBy(
            () -> ModelCatalogue.loadSegmenter("mask_rcnn_vmamba_tiny_s1l8", Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("instance segmentation", "loadDetector");
    assertThatThrownBy(() -> ModelCatalogue.loadDetector("mask_rcnn_vmamba_tinny", Device.cpu()))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("mask_rcnn_vmamba_tiny_s1l8");
  }

  @Test
  void bundledModelsKnowTheirTask() throws Exception {
    assertThat(ModelCatalogue.bundled(Task.CLASSIFICATION)).containsExactly(ModelCatalogue.DEFAULT);
    for (Task task : Task.values()) {
      for (String name : ModelCatalogue.bundled(task)) {
        try (TrainedModel<?> model = ModelCatalogue.loadAny(name, Device.cpu())) {
          Task answered = model.description().head().task().orElseThrow();
          assertThat(ModelCatalogue.task(name)).isEqualTo(answered);
          assertThat(answered)
              .isIn(task, task == Task.DETECTION ? Task.INSTANCE_SEGMENTATION : task);
        }
      }
    }
  }

  @Test
  void offlineIsSaid() {
    System.setProperty(DownloadOptions.OFFLINE_PROPERTY, "true");
    assertThatThrownBy(() -> ModelCatalogue.load("vim_tiny", Device.cpu()))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll("vim_tiny.imagenet1k", "switched off");
  }

  /** A mirror of one file, and what it was asked for. */
  private record Mirror(HttpServer server, List<String> asked) implements AutoCloseable {
    static Mirror of(byte[] file) throws IOException {
      List<String> asked = new CopyOnWriteArrayList<>();
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            asked.add(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(200, file.length);
            exchange.getResponseBody().write(file);
            exchange.close();
          });
      server.start();
      System.setProperty(DownloadOptions.OFFLINE_PROPERTY, "false");
      System.setProperty(
          DownloadOptions.MIRROR_PROPERTY,
          "http://127.0.0.1:" + server.getAddress().getPort() + "/zoo");
      return new Mirror(server, asked);
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  @Test
  void fetchedFilesThatAreNoCheckpointsAreRefused() throws Exception {
    byte[] notReally = {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0, 0, 0};
    try (Mirror mirror = Mirror.of(notReally)) {
      CatalogueEntry entry = published("plainmamba_l1");
      assertThat(ModelCatalogue.downloadable("plainmamba_l1")).contains(entry);
      for (int i = 0; i < 2; i++) { // the second time it is in the cache
        assertThatThrownBy(() -> ModelCatalogue.load("plainmamba_l1", Device.cpu()))
            .isInstanceOf(CheckpointException.class)
            .hasMessageContaining("l1.pth");
      }
      assertThat(mirror.asked()).containsExactly("/zoo/plainmamba_l1.imagenet1k/l1.pth");
      assertThat(folder.resolve("cache/plainmamba_l1.imagenet1k/l1.pth"))
          .hasBinaryContent(notReally);
    }
  }

  @Test
  void aNameIsEnough() throws Exception {
    ModelDescription description = ModelDescription.of(published("efficientvim_m1"));
    Path file = folder.resolve("published.pth");
    try (ClassifierModel model = ClassifierModel.create(description, Device.cpu())) {
      PyTorchWriter.write(file, "model", StateDict.of(model.network()));
      try (Mirror mirror = Mirror.of(Files.readAllBytes(file));
          ClassifierModel loaded = ModelCatalogue.load("efficientvim_m1", Device.cpu())) {
        assertThat(mirror.asked()).hasSize(1);
        assertThat(loaded.description()).isEqualTo(description);
        assertThat(loaded.description().classes()).hasSize(1000).contains("hen");
        Map<String, NDArray> expected = StateDict.of(model.network());
        Map<String, NDArray> tensors = StateDict.of(loaded.network());
        assertThat(tensors.keySet()).isEqualTo(expected.keySet());
        tensors.forEach((name, array) -> assertThat(array).as(name).isEqualTo(expected.get(name)));
      }
    }
  }
}
