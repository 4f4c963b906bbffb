package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba checkpoint convert}. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    description =
        "Writes the state dict of a weight file as a safetensors file, under the same names.")
final class CheckpointConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "The file, or the index of several.")
  private Path file;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The safetensors file to write; its folder must exist.")
  private Path target;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description =
          "Where the state dict is, such as model_ema; empty for the whole file. By default the"
              + " first usual key that the file has.")
  private String key;

  @Option(names = "--half", description = "Stores floating-point tensors as float16.")
  private boolean half;

  @Override
  public Integer call() throws Exception {
    try (CheckpointFile opened = CheckpointFile.open(file);
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      String from = key == null ? opened.findKey() : key;
      Map<String, NDArray> tensors =
          new LinkedHashMap<>(opened.read(opened.stateDict(from), manager));
      if (half) {
        for (Map.Entry<String, NDArray> tensor : tensors.entrySet()) {
          tensor.setValue(halved(tensor.getKey(), tensor.getValue()));
        }
      }
      Safetensors.write(target, tensors, Map.of("format", "pt"));
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %,d tensors%s, %,d bytes%n",
              target,
              tensors.size(),
              from.isEmpty() ? "" : " of \"" + CheckpointCommand.printable(from) + "\"",
              Files.size(target));
    }
    return 0;
  }

  private NDArray halved(String name, NDArray tensor) throws CheckpointException {
    if (!tensor.getDataType().isFloating() || tensor.getDataType() == DataType.FLOAT16) {
      return tensor;
    }
    NDArray halved = tensor.toType(DataType.FLOAT16, true);
    try (NDArray back = halved.toType(DataType.FLOAT32, true);
        NDArray after = back.isInfinite();
        NDArray before = tensor.isInfinite();
        NDArray countAfter = after.toType(DataType.INT64, true).sum();
        NDArray countBefore = before.toType(DataType.INT64, true).sum()) {
      if (countAfter.getLong() != countBefore.getLong()) {
        throw new CheckpointException(
            file.toString(),
            "tensor "
                + CheckpointException.quote(name)
                + " has values above 65504, the largest"
                + " float16",
            "convert it without --half");
      }
    }
    tensor.close();
    return halved;
  }
}
