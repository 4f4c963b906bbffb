package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.LoadReport;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba checkpoint verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Loads a weight file into a network and says what fits.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the file fits the network",
      "1:it does not, or cannot be read",
      "2:wrong use of the command line"
    })
final class CheckpointVerifyCommand implements Callable<Integer> {
  private static final int LISTED = 10;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The file, or the index of several.")
  private Path file;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "NAME",
      description = "The network, such as vmamba_tiny_s1l8; visionmamba models lists them.")
  private String model;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description =
          "Where the state dict is, such as model_ema; empty for the whole file. By default where"
              + " the network's published files have it.")
  private String key;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many classes the classifier has (default: ${DEFAULT-VALUE}).")
  private int classes;

  @Option(
      names = "--new-head",
      description = "Leaves the classifier's last layers out, as for fine-tuning.")
  private boolean newHead;

  @Option(
      names = "--backbone",
      description = "Loads the backbone alone, from a classifier, a detector or a segmenter.")
  private boolean backboneOnly;

  @Override
  public Integer call() throws Exception {
    if (classes < 1) {
      throw new ParameterException(spec.commandLine(), "--classes must be at least 1");
    }
    if (Backbones.find(model).isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "no network is called \""
              + model
              + "\"; there are: "
              + String.join(", ", Backbones.names()));
    }
    LoadOptions options = new LoadOptions(key, newHead);
    try (CheckpointFile opened = CheckpointFile.open(file);
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      report(opened, load(opened, options, manager));
    }
    return 0;
  }

  private LoadReport load(CheckpointFile opened, LoadOptions options, NDManager manager)
      throws Exception {
    if (backboneOnly) {
      Backbone backbone = Backbones.create(model, Map.of(), Purpose.FEATURES);
      return WeightLoader.load(opened, backbone, options, manager);
    }
    Classifier classifier = Classifier.create(model, Map.of("num_classes", classes));
    return WeightLoader.load(opened, classifier, options, manager);
  }

  private void report(CheckpointFile opened, LoadReport report) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%s fits %s: %d tensors%s%n",
        opened.name(),
        model,
        report.loaded(),
        report.key().isEmpty()
            ? ""
            : " under \"" + CheckpointCommand.printable(report.key()) + "\"");
    if (!report.renamed().isEmpty()) {
      out.println("  " + report.renamed().size() + " renamed as the reference does");
    }
    list("left out", report.leftOut(), out);
    list("started anew", report.initialized(), out);
  }

  private static void list(String what, List<String> names, PrintWriter out) {
    if (!names.isEmpty()) {
      out.println("  " + names.size() + " " + what + ":");
      names.stream()
          .limit(LISTED)
          .forEach(name -> out.println("    " + CheckpointCommand.printable(name)));
      if (names.size() > LISTED) {
        out.println("    and " + (names.size() - LISTED) + " more");
      }
    }
  }
}
