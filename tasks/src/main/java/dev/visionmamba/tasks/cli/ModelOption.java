package dev.visionmamba.tasks.cli;

import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option that names a model with weights. */
final class ModelOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME|PATH",
      defaultValue = ModelCatalogue.DEFAULT,
      description =
          "A bundled model, a safetensors file, a folder that training has written, or a name that"
              + " the models command lists, which is downloaded once (default: ${DEFAULT-VALUE}).")
  private String model;

  /** What to load; a download has been shown and is done. */
  String nameOrPath() throws IOException, ModelNotFoundException {
    Optional<CatalogueEntry> entry = ModelCatalogue.downloadable(model);
    if (entry.isPresent()) {
      ModelCatalogue.requireSupported(entry.get());
      Downloader downloader = new Downloader(DownloadOptions.ofEnvironment());
      if (!downloader.cache().contains(entry.get())) { // loading checks what is there
        try (DownloadBar bar = new DownloadBar(spec.commandLine().getErr())) {
          downloader.fetch(entry.get(), bar);
        }
      }
    }
    return model;
  }
}
