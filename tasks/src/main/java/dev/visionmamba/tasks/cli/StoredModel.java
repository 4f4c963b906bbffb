package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.TrainedModel;
import java.io.IOException;

/** Loads models of any task. */
final class StoredModel {
  private StoredModel() {}

  /** A model by its name or path, for inference. */
  static TrainedModel<?> load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return switch (ModelTask.of(ModelCatalogue.task(nameOrPath))) {
      case CLASSIFY -> ModelCatalogue.load(nameOrPath, Device.cpu());
      case SEGMENT -> ModelCatalogue.loadSegmenter(nameOrPath, Device.cpu());
      case DETECT -> ModelCatalogue.loadDetector(nameOrPath, Device.cpu());
    };
  }
}
