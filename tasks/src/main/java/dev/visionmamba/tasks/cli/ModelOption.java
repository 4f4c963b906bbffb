package dev.visionmamba.tasks.cli;

import dev.visionmamba.zoo.ModelCatalogue;
import picocli.CommandLine.Option;

/** The option that names a model with weights. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "NAME|PATH",
      defaultValue = ModelCatalogue.DEFAULT,
      description =
          "A bundled model, a safetensors file, or a folder that training has written (default:"
              + " ${DEFAULT-VALUE}).")
  private String model;

  String nameOrPath() {
    return model;
  }
}
