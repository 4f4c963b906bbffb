package dev.visionmamba.tasks.cli;

import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.djl.ModelExport;
import dev.visionmamba.zoo.TrainedModel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a classifier, a detector or a segmenter as a folder that DJL and DJL Serving load.",
      "visionmamba-tasks must be on their class path."
    })
final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Option(names = "--half", description = "Write the weights as float16, in half the size.")
  private boolean half;

  @Parameters(paramLabel = "OUT_DIR", description = "The folder; new, or empty.")
  private Path folder;

  @Override
  public Integer call() throws Exception {
    try (TrainedModel<?> loaded = model.load(model.nameFor(null))) {
      ModelExport.write(loaded, folder, half ? DataType.FLOAT16 : DataType.FLOAT32);
    }
    spec.commandLine().getOut().println("written to " + folder);
    return 0;
  }
}
