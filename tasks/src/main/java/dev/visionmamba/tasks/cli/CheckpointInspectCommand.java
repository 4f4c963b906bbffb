package dev.visionmamba.tasks.cli;

import static dev.visionmamba.tasks.cli.CheckpointCommand.printable;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.StoredTensor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba checkpoint inspect}. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description =
        "Lists a weight file's tensors, what else it holds, and the names that its pickle would"
            + " have called.")
final class CheckpointInspectCommand implements Callable<Integer> {
  private static final Gson GSON =
      new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The file, or the index of several.")
  private Path file;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "Only the tensors under this key, such as model or model_ema.")
  private String key;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      List<StoredTensor> tensors = opened.tensors().isEmpty() ? List.of() : opened.stateDict(key);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(GSON.toJson(json(opened, tensors)));
      } else {
        print(opened, tensors, out);
      }
    }
    return 0;
  }

  private static Map<String, Object> json(CheckpointFile file, List<StoredTensor> tensors) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("file", file.name());
    json.put("format", file.format().toString());
    json.put("bytes", file.length());
    json.put("key", file.findKey());
    json.put(
        "tensors",
        tensors.stream()
            .map(
                tensor -> {
                  Map<String, Object> row = new LinkedHashMap<>();
                  row.put("name", tensor.name());
                  row.put("type", tensor.dtype());
                  row.put("shape", tensor.shape().getShape());
                  return row;
                })
            .toList());
    json.put("values", file.values());
    json.put("inert", file.inertNames());
    return json;
  }

  private static void print(CheckpointFile file, List<StoredTensor> tensors, PrintWriter out) {
    if (!tensors.isEmpty()) {
      out.println(table(tensors));
      out.println();
    }
    out.printf(Locale.ROOT, "%s: %s, %,d bytes%n", file.name(), file.format(), file.length());
    out.println(totals(tensors));
    if (!file.findKey().isEmpty()) {
      out.println("The state dict is under \"" + file.findKey() + "\".");
    }
    if (!file.values().isEmpty()) {
      out.println("Beside tensors:");
      file.values()
          .forEach((name, value) -> out.println("  " + printable(name) + " = " + printable(value)));
    }
    if (!file.inertNames().isEmpty()) {
      out.println("Names in its pickle that were left alone:");
      file.inertNames().forEach(name -> out.println("  " + printable(name)));
    }
  }

  private static String totals(List<StoredTensor> tensors) {
    long elements = tensors.stream().mapToLong(tensor -> tensor.shape().size()).sum();
    Map<String, Long> types =
        tensors.stream()
            .collect(
                Collectors.groupingBy(StoredTensor::dtype, TreeMap::new, Collectors.counting()));
    String byType =
        types.entrySet().stream()
            .map(entry -> entry.getValue() + " of " + printable(entry.getKey()))
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%,d tensors%s, %,d elements",
        tensors.size(),
        tensors.isEmpty() ? "" : " (" + byType + ")",
        elements);
  }

  private static String table(List<StoredTensor> tensors) {
    return TextTable.of(
        tensors,
        List.of(
            new Column()
                .header("name")
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(Integer.MAX_VALUE)
                .with(tensor -> printable(tensor.name())),
            new Column()
                .header("type")
                .dataAlign(HorizontalAlign.LEFT)
                .with(tensor -> printable(tensor.dtype())),
            new Column()
                .header("shape")
                .dataAlign(HorizontalAlign.LEFT)
                .with(tensor -> shape(tensor.shape().getShape()))));
  }

  private static String shape(long[] shape) {
    return shape.length == 0
        ? "scalar"
        : Arrays.stream(shape).mapToObj(String::valueOf).collect(Collectors.joining("x"));
  }
}
