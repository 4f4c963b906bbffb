package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import java.io.IOException;
import java.nio.file.Path;
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

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "A file of the published weights of --model that is here already.")
  private Path weights;

  /** The model, for inference; a download is shown. */
  ClassifierModel load() throws IOException, ModelNotFoundException, MalformedModelException {
    if (weights == null) {
      return ModelCatalogue.load(nameOrPath(), Device.cpu());
    }
    CatalogueEntry entry = ModelCatalogue.published(model);
    return ModelCatalogue.open(entry, weights, LoadOptions.STRICT, Device.cpu());
  }

  /** What to load; a download has been shown and is done. */
  private String nameOrPath() throws IOException, ModelNotFoundException {
    Optional<CatalogueEntry> entry = ModelCatalogue.downloadable(model);
    if (entry.isPresent()) {
      ModelCatalogue.requireSupported(entry.get(), Task.CLASSIFICATION);
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
