package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.SegmenterModel;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.checkpoint.PyTorchWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A mirror of the published checkpoints on this machine: each is made when it is asked for, the
 * published network with random weights under the published file's name.
 */
final class PublishedMirror implements AutoCloseable {
  private final Path folder;
  private final HttpServer server;

  PublishedMirror(Path folder) throws IOException {
    this.folder = folder;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String[] parts = exchange.getRequestURI().getPath().split("/");
    Optional<CatalogueEntry> entry = Catalogue.published().find(parts[1]);
    if (entry.isEmpty() || !entry.get().file().equals(parts[2])) {
      exchange.sendResponseHeaders(404, -1);
    } else {
      Path file = file(entry.get());
      exchange.sendResponseHeaders(200, Files.size(file));
      Files.copy(file, exchange.getResponseBody());
    }
    exchange.close();
  }

  /** A checkpoint's file. */
  synchronized Path file(CatalogueEntry entry) throws IOException {
    Path file = Files.createDirectories(folder.resolve(entry.name())).resolve(entry.file());
    if (!Files.exists(file)) {
      try (TrainedModel<?> model = random(entry)) {
        PyTorchWriter.write(file, entry.nesting(), StateDict.of(model.network()));
      }
    }
    return file;
  }

  private static TrainedModel<?> random(CatalogueEntry entry) {
    ModelDescription description = ModelDescription.of(entry);
    return switch (entry.task()) {
      case CLASSIFICATION -> ClassifierModel.create(description, Device.cpu());
      case DETECTION, INSTANCE_SEGMENTATION -> DetectorModel.create(description, Device.cpu());
      case SEMANTIC_SEGMENTATION -> SegmenterModel.create(description, Device.cpu());
      case RESTORATION -> RestorerModel.create(description, Device.cpu());
    };
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
