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
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Loads models of any task. */
final class StoredModel {
  private StoredModel() {}

  /** A model by its name or path, for inference; a download is shown. */
  static TrainedModel<?> load(String nameOrPath, PrintWriter err)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, Device.cpu(), err);
  }

  /** The same on a device. */
  static TrainedModel<?> load(String nameOrPath, Device device, PrintWriter err)
      throws ModelNotFoundException, IOException, MalformedModelException {
    ModelFetch.fetch(nameOrPath, ModelCatalogue.task(nameOrPath), err);
    return ModelCatalogue.loadAny(nameOrPath, device);
  }

  /**
   * Checks what a model is for before it is downloaded or read.
   *
   * @param command the command that wants it
   * @throws ParameterException if it is for another task; the message says which command takes it
   * @throws ModelNotFoundException if there is no such model
   * @throws IOException if its file cannot be read
   */
  static void requireTask(String nameOrPath, ModelTask wanted, CommandLine command)
      throws ModelNotFoundException, IOException {
    ModelTask its = ModelTask.of(ModelCatalogue.task(nameOrPath));
    if (its != wanted) {
      throw new ParameterException(
          command,
          nameOrPath
              + " is for "
              + its
              + ", not for "
              + wanted
              + ": use visionmamba "
              + its
              + ", or name a model for "
              + wanted);
    }
  }

  /**
   * The published checkpoint whose weights are here already.
   *
   * @throws ParameterException if the name is that of a file
   * @throws ModelNotFoundException if there is none
   */
  static CatalogueEntry published(String name, CommandLine command) throws ModelNotFoundException {
    if (ModelCatalogue.downloadable(name).isEmpty() && Files.exists(Path.of(name))) {
      throw new ParameterException(
          command,
          "--weights is a file of published weights, and --model says whose: name a checkpoint"
              + " there, not the file "
              + name);
    }
    return ModelCatalogue.published(name);
  }

  /** A published model whose file is here already, for inference. */
  static TrainedModel<?> open(String name, Path weights, Device device, CommandLine command)
      throws ModelNotFoundException, IOException, MalformedModelException {
    CatalogueEntry entry = published(name, command);
    return switch (ModelTask.of(entry.task())) {
      case CLASSIFY -> ModelCatalogue.open(entry, weights, LoadOptions.STRICT, device);
      case SEGMENT -> ModelCatalogue.openSegmenter(entry, weights, LoadOptions.STRICT, device);
      case DETECT -> ModelCatalogue.openDetector(entry, weights, LoadOptions.STRICT, device);
      case RESTORE -> ModelCatalogue.openRestorer(entry, weights, LoadOptions.STRICT, device);
    };
  }
}
