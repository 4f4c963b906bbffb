package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/** Loads models of any task. */
final class StoredModel {
  private StoredModel() {}

  /** A model by its name or path, for inference; a download is shown. */
  static TrainedModel<?> load(String nameOrPath, PrintWriter err)
      throws ModelNotFoundException, IOException, MalformedModelException {
    ModelFetch.fetch(nameOrPath, ModelCatalogue.task(nameOrPath), err);
    return ModelCatalogue.loadAny(nameOrPath, Device.cpu());
  }

  /** A published model whose file is here already, for inference. */
  static TrainedModel<?> open(String name, Path weights)
      throws ModelNotFoundException, IOException, MalformedModelException {
    CatalogueEntry entry = ModelCatalogue.published(name);
    return switch (ModelTask.of(entry.task())) {
      case CLASSIFY -> ModelCatalogue.open(entry, weights, LoadOptions.STRICT, Device.cpu());
      case SEGMENT ->
          ModelCatalogue.openSegmenter(entry, weights, LoadOptions.STRICT, Device.cpu());
      case DETECT -> ModelCatalogue.openDetector(entry, weights, LoadOptions.STRICT, Device.cpu());
      case RESTORE -> ModelCatalogue.openRestorer(entry, weights, LoadOptions.STRICT, Device.cpu());
    };
  }
}
