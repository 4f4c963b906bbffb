package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.repository.zoo.ModelNotFoundException;
import com.sun.net.httpserver.HttpServer;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.download.DownloadException;
import dev.visionmamba.zoo.download.DownloadOptions;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
  void aFetchedFileIsOpenedByItsFormat() throws Exception {
    CatalogueEntry entry = published("vim_tiny");
    try (ClassifierModel model =
        ModelCatalogue.open(entry, bundledFile("a.safetensors"), Device.cpu())) {
      assertThat(model.network().classes()).isEqualTo(10);
    }
    Path noPickle = Files.write(folder.resolve("a.pth"), new byte[100]);
    assertThatThrownBy(() -> ModelCatalogue.open(entry, noPickle, Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(noPickle.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "vim_tinny, vim_tiny",
    "vim_micro.fashion-mnist, vim_micro.fashion_mnist",
    "mask_rcnn_vmamba_tiny, mask_rcnn_vmamba_tiny_s1l8"
  })
  void unknownNamesAreAnsweredWithTheNearest(String name, String nearest) {
    assertThatThrownBy(() -> ModelCatalogue.load(name, Device.cpu()))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContainingAll("\"" + name + "\"", "did you mean", nearest);
  }

  @Test
  void whatTheLibraryCannotLoadIsNotFetched() {
    for (String name :
        List.of("mask_rcnn_vmamba_tiny_s1l8", "retinanet_plainmamba_l1", "upernet_plainmamba_l1")) {
      assertThatThrownBy(() -> ModelCatalogue.load(name, Device.cpu()))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContainingAll(published(name).name(), "only classifiers");
    }
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  @Test
  void offlineIsSaid() {
    System.setProperty(DownloadOptions.OFFLINE_PROPERTY, "true");
    assertThatThrownBy(() -> ModelCatalogue.load("vim_tiny", Device.cpu()))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll("vim_tiny.imagenet1k", "switched off");
  }

  @Test
  void namesOfTheCatalogueAreFetchedAndOpened() throws Exception {
    byte[] notReally = {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0, 0, 0};
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.add(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(200, notReally.length);
          exchange.getResponseBody().write(notReally);
          exchange.close();
        });
    server.start();
    try {
      System.setProperty(DownloadOptions.OFFLINE_PROPERTY, "false");
      System.setProperty(
          DownloadOptions.MIRROR_PROPERTY,
          "http://127.0.0.1:" + server.getAddress().getPort() + "/zoo");
      CatalogueEntry entry = published("plainmamba_l1");
      assertThat(ModelCatalogue.downloadable("plainmamba_l1")).contains(entry);
      for (int i = 0; i < 2; i++) { // the second time it is in the cache
        assertThatThrownBy(() -> ModelCatalogue.load("plainmamba_l1", Device.cpu()))
            .isInstanceOf(CheckpointException.class)
            .hasMessageContaining("l1.pth");
      }
      assertThat(asked).containsExactly("/zoo/plainmamba_l1.imagenet1k/l1.pth");
      assertThat(folder.resolve("cache/plainmamba_l1.imagenet1k/l1.pth"))
          .hasBinaryContent(notReally);
    } finally {
      server.stop(0);
    }
  }
}
