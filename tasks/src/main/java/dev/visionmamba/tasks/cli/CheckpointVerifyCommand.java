package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.LoadReport;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
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

  /** ImageNet's, of the published classifiers. */
  private static final int CLASSES = 1000;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The file, or the index of several.")
  private Path file;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "NAME",
      description =
          "The network, such as vmamba_tiny_s1l8, mask_rcnn_vmamba_tiny or mambair_light_x2; visionmamba models lists"
              + " them.")
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
      description = "How many classes the network has (default: as published).")
  private Integer classes;

  @Option(
      names = "--new-head",
      description = "Leaves the last layers out, which follow the classes, as for fine-tuning.")
  private boolean newHead;

  @Option(
      names = "--backbone",
      description = "Loads the backbone alone, from a classifier, a detector or a segmenter.")
  private boolean backboneOnly;

  @Override
  public Integer call() throws Exception {
    if (classes != null && classes < 1) {
      throw new ParameterException(spec.commandLine(), "--classes must be at least 1");
    }
    NamedBlock network = network();
    LoadOptions options = new LoadOptions(key, newHead);
    try (CheckpointFile opened = CheckpointFile.open(file);
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      report(opened, load(opened, network, options, manager));
    }
    return 0;
  }

  private NamedBlock network() throws CheckpointException {
    if (Backbones.find(model).isPresent()) {
      return backboneOnly
          ? Backbones.create(model, Map.of(), Purpose.FEATURES)
          : Classifier.create(
              model, Map.of("num_classes", classes == null ? CLASSES : (int) classes));
    }
    CatalogueEntry entry =
        Catalogue.published()
            .find(model)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "no network is called \""
                            + model
                            + "\"; did you mean "
                            + String.join(
                                ", ", Catalogue.published().nearest(model, 3, Backbones.names()))
                            + "? There are: "
                            + String.join(", ", Backbones.names())
                            + ", and detectors and segmenters on them"));
    if (entry.task() == Task.RESTORATION && (backboneOnly || newHead || classes != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--backbone, --new-head and --classes are not for restorers, which have none of them");
    }
    ModelCatalogue.requireSupported(entry);
    NamedBlock network = ModelCatalogue.network(described(ModelDescription.of(entry)));
    return backboneOnly ? backbone(network) : network;
  }

  /** With as many classes as were asked for. */
  private ModelDescription described(ModelDescription published) {
    if (classes == null || classes == published.classes().size()) {
      return published;
    }
    return new ModelDescription(
        published.name(),
        published.backbone(),
        published.arguments(),
        published.head(),
        IntStream.range(0, classes).mapToObj(i -> "class " + i).toList(),
        published.input(),
        published.fit(),
        published.notes());
  }

  private static Backbone backbone(NamedBlock network) {
    if (network instanceof Detector detector) {
      return detector.backbone();
    }
    return network instanceof Segmenter segmenter
        ? segmenter.backbone()
        : ((Classifier) network).backbone();
  }

  private static LoadReport load(
      CheckpointFile file, NamedBlock network, LoadOptions options, NDManager manager)
      throws CheckpointException, MalformedModelException {
    if (network instanceof Backbone backbone) {
      return WeightLoader.load(file, backbone, options, manager);
    }
    if (network instanceof Detector detector) {
      return WeightLoader.load(file, detector, options, manager);
    }
    if (network instanceof Restorer restorer) {
      return WeightLoader.load(file, restorer, options, manager);
    }
    return network instanceof Segmenter segmenter
        ? WeightLoader.load(file, segmenter, options, manager)
        : WeightLoader.load(file, (Classifier) network, options, manager);
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
