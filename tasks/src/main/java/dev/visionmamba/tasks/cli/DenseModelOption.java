package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.SegmenterModel;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that name a detector, a segmenter or a restorer, and where it computes and how
 * finely.
 */
final class DenseModelOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME|PATH",
      description =
          "A bundled model, a safetensors file, a folder that training has written, or a name that"
              + " \"models --checkpoints\" lists, which is downloaded once (default: the bundled"
              + " one for this task).")
  private String model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "A file of the published weights of --model that is here already.")
  private Path weights;

  @Mixin private ComputeOptions compute;

  /** A detector, for inference; a download is shown. */
  DetectorModel loadDetector() throws IOException, ModelNotFoundException, MalformedModelException {
    String name = name(Task.DETECTION);
    Device device = compute.device();
    if (weights != null) {
      return compute.rounded(
          ModelCatalogue.openDetector(
              StoredModel.published(name, spec.commandLine()),
              weights,
              LoadOptions.STRICT,
              device));
    }
    StoredModel.requireTask(name, ModelTask.DETECT, spec.commandLine());
    ModelFetch.fetch(name, Task.DETECTION, spec.commandLine().getErr());
    return compute.rounded(ModelCatalogue.loadDetector(name, device));
  }

  /** A segmenter, for inference; a download is shown. */
  SegmenterModel loadSegmenter()
      throws IOException, ModelNotFoundException, MalformedModelException {
    String name = name(Task.SEMANTIC_SEGMENTATION);
    Device device = compute.device();
    if (weights != null) {
      return compute.rounded(
          ModelCatalogue.openSegmenter(
              StoredModel.published(name, spec.commandLine()),
              weights,
              LoadOptions.STRICT,
              device));
    }
    StoredModel.requireTask(name, ModelTask.SEGMENT, spec.commandLine());
    ModelFetch.fetch(name, Task.SEMANTIC_SEGMENTATION, spec.commandLine().getErr());
    return compute.rounded(ModelCatalogue.loadSegmenter(name, device));
  }

  /** A restorer, for inference; a download is shown. */
  RestorerModel loadRestorer() throws IOException, ModelNotFoundException, MalformedModelException {
    String name = name(Task.RESTORATION);
    Device device = compute.device();
    if (weights != null) {
      return compute.rounded(
          ModelCatalogue.openRestorer(
              StoredModel.published(name, spec.commandLine()),
              weights,
              LoadOptions.STRICT,
              device));
    }
    StoredModel.requireTask(name, ModelTask.RESTORE, spec.commandLine());
    ModelFetch.fetch(name, Task.RESTORATION, spec.commandLine().getErr());
    return compute.rounded(ModelCatalogue.loadRestorer(name, device));
  }

  private String name(Task task) {
    if (model != null) {
      return model;
    }
    List<String> bundled = ModelCatalogue.bundled(task);
    if (bundled.isEmpty() || weights != null) {
      throw new ParameterException(
          spec.commandLine(),
          weights != null
              ? "--weights takes the --model whose published weights they are"
              : "no model for this is bundled; name one with --model");
    }
    return bundled.get(0);
  }
}
