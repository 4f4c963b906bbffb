package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
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
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options that name a detector, a segmenter or a restorer, and where it computes. */
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

  @Option(
      names = "--device",
      paramLabel = "cpu|gpuN",
      defaultValue = "cpu",
      converter = DeviceConverter.class,
      description = "Where it computes (default: ${DEFAULT-VALUE}).")
  private Device device;

  /** Reads {@code cpu}, {@code gpu} and {@code gpu1}. */
  private static final class DeviceConverter implements ITypeConverter<Device> {
    @Override
    public Device convert(String text) {
      if (!text.matches("cpu|gpu\\d{0,3}")) {
        throw new TypeConversionException("\"" + text + "\" is not cpu, gpu or gpu0, gpu1, ...");
      }
      Device device = text.equals("gpu") ? Device.gpu() : Device.fromName(text);
      if (device.isGpu()) {
        int count = Engine.getEngine("PyTorch").getGpuCount();
        if (device.getDeviceId() >= count) {
          throw new TypeConversionException(
              "this machine's PyTorch can use "
                  + (count == 0 ? "no GPU" : "only the GPUs gpu0 to gpu" + (count - 1)));
        }
      }
      return device;
    }
  }

  /** A detector, for inference; a download is shown. */
  DetectorModel loadDetector() throws IOException, ModelNotFoundException, MalformedModelException {
    String name = name(Task.DETECTION);
    if (weights != null) {
      return ModelCatalogue.openDetector(
          StoredModel.published(name, spec.commandLine()), weights, LoadOptions.STRICT, device);
    }
    StoredModel.requireTask(name, ModelTask.DETECT, spec.commandLine());
    ModelFetch.fetch(name, Task.DETECTION, spec.commandLine().getErr());
    return ModelCatalogue.loadDetector(name, device);
  }

  /** A segmenter, for inference; a download is shown. */
  SegmenterModel loadSegmenter()
      throws IOException, ModelNotFoundException, MalformedModelException {
    String name = name(Task.SEMANTIC_SEGMENTATION);
    if (weights != null) {
      return ModelCatalogue.openSegmenter(
          StoredModel.published(name, spec.commandLine()), weights, LoadOptions.STRICT, device);
    }
    StoredModel.requireTask(name, ModelTask.SEGMENT, spec.commandLine());
    ModelFetch.fetch(name, Task.SEMANTIC_SEGMENTATION, spec.commandLine().getErr());
    return ModelCatalogue.loadSegmenter(name, device);
  }

  /** A restorer, for inference; a download is shown. */
  RestorerModel loadRestorer() throws IOException, ModelNotFoundException, MalformedModelException {
    String name = name(Task.RESTORATION);
    if (weights != null) {
      return ModelCatalogue.openRestorer(
          StoredModel.published(name, spec.commandLine()), weights, LoadOptions.STRICT, device);
    }
    StoredModel.requireTask(name, ModelTask.RESTORE, spec.commandLine());
    ModelFetch.fetch(name, Task.RESTORATION, spec.commandLine().getErr());
    return ModelCatalogue.loadRestorer(name, device);
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
