package dev.visionmamba.tasks.cli;

import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;

/** Downloads a model before it is loaded, so that the download is shown. */
final class ModelFetch {
  private ModelFetch() {}

  /**
   * Fetches a model that is neither bundled nor here.
   *
   * @param model a name or a path
   * @param task what it must be for
   * @param err where the download is shown
   */
  static void fetch(String model, Task task, PrintWriter err)
      throws IOException, ModelNotFoundException {
    Optional<CatalogueEntry> entry = ModelCatalogue.downloadable(model);
    if (entry.isPresent()) {
      ModelCatalogue.requireSupported(entry.get(), task);
      Downloader downloader = new Downloader(DownloadOptions.ofEnvironment());
      if (!downloader.cache().contains(entry.get())) { // loading checks what is there
        try (DownloadBar bar = new DownloadBar(err)) {
          downloader.fetch(entry.get(), bar);
        }
      }
    }
  }
}
