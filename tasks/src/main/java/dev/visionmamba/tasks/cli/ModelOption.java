package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
  ClassifierModel load(ComputeOptions compute)
      throws IOException, ModelNotFoundException, MalformedModelException {
    Device device = compute.device();
    if (weights == null) {
      StoredModel.requireTask(model, ModelTask.CLASSIFY, spec.commandLine());
      ModelFetch.fetch(model, Task.CLASSIFICATION, spec.commandLine().getErr());
      return compute.rounded(ModelCatalogue.load(model, device));
    }
    CatalogueEntry entry = StoredModel.published(model, spec.commandLine());
    return compute.rounded(ModelCatalogue.open(entry, weights, LoadOptions.STRICT, device));
  }

  /**
   * The name or path of the model; where none was given, that of a bundled one for the task.
   *
   * @param task what it must answer, or null for anything
   * @throws ParameterException if none was given and none is bundled
   */
  String nameFor(ModelTask task) throws IOException, ModelNotFoundException {
    if (task == null || spec.commandLine().getParseResult().hasMatchedOption("--model")) {
      return model;
    }
    for (String bundled : ModelCatalogue.bundled()) {
      if (ModelTask.of(ModelCatalogue.task(bundled)) == task) {
        return bundled;
      }
    }
    throw new ParameterException(
        spec.commandLine(), "no model for " + task + " is bundled: name one by --model");
  }

  /**
   * A model of any task, for inference; a download is shown.
   *
   * @param name what {@link #nameFor} gave
   */
  TrainedModel<?> load(String name)
      throws IOException, ModelNotFoundException, MalformedModelException {
    return load(name, Device.cpu());
  }

  /** The same, to compute. */
  TrainedModel<?> load(String name, ComputeOptions compute)
      throws IOException, ModelNotFoundException, MalformedModelException {
    return compute.rounded(load(name, compute.device()));
  }

  private TrainedModel<?> load(String name, Device device)
      throws IOException, ModelNotFoundException, MalformedModelException {
    return weights == null
        ? StoredModel.load(name, device, spec.commandLine().getErr())
        : StoredModel.open(name, weights, device, spec.commandLine());
  }
}
