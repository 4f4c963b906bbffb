package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.ModelCache;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code visionmamba models}. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lists the models: those with weights, then the networks that can be trained.",
      "A network's name alone means its first checkpoint; NETWORK.CHECKPOINT names any of them."
    })
final class ModelsCommand implements Callable<Integer> {
  private static final int DETECTION_LONGER_SIDE = 1333;
  private static final int DETECTION_WIDTH = 1280;

  @Spec private CommandSpec spec;

  @Option(
      names = "--checkpoints",
      description = "List the published checkpoints instead, detectors and segmenters too.")
  private boolean checkpoints;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  /** A network; its checkpoints' first is the default one. */
  private record Row(
      String name,
      String family,
      long parameters,
      long multiplyAdds,
      Shape size,
      String weights,
      List<CatalogueEntry> checkpoints) {}

  @Override
  public Integer call() throws Exception {
    ModelCache cache = new ModelCache(DownloadOptions.ofEnvironment().cache());
    PrintWriter out = spec.commandLine().getOut();
    if (checkpoints) {
      List<CatalogueEntry> entries = Catalogue.published().entries();
      if (json) {
        entries.forEach(entry -> out.println(toJson(entry, cache)));
      } else {
        out.println(checkpointTable(entries, cache));
      }
      return 0;
    }
    List<Row> rows = rows(cache);
    if (json) {
      rows.forEach(row -> out.println(toJson(row, cache)));
    } else {
      out.println(table(rows));
      out.println("FLOPs as the papers count them: one multiply-add is one.");
    }
    return 0;
  }

  private static List<Row> rows(ModelCache cache) throws Exception {
    List<Row> rows = new ArrayList<>();
    for (String name : ModelCatalogue.bundled()) {
      try (TrainedModel<?> model = ModelCatalogue.loadAny(name, Device.cpu())) {
        rows.add(row(name, model.description(), model.network(), "bundled", List.of()));
      }
    }
    for (Backbones.Entry entry : Backbones.all()) {
      if (entry.published()) {
        Classifier network = Classifier.create(entry.name(), Map.of());
        List<CatalogueEntry> published = Catalogue.published().ofNetwork(entry.name());
        String weights = published.isEmpty() ? "none" : weights(published.get(0), cache);
        rows.add(row(entry.name(), entry.family(), network, weights, published));
      }
    }
    Set<String> dense = new LinkedHashSet<>();
    for (CatalogueEntry entry : Catalogue.published().entries()) {
      if (entry.task() != Task.CLASSIFICATION && dense.add(entry.network())) {
        rows.add(denseRow(Catalogue.published().ofNetwork(entry.network()), cache));
      }
    }
    return rows;
  }

  /** A network of the catalogue that is no classifier. */
  private static Row denseRow(List<CatalogueEntry> published, ModelCache cache) {
    CatalogueEntry entry = published.get(0);
    ModelDescription description = ModelDescription.of(entry);
    NamedBlock network = ModelCatalogue.network(description);
    return row(entry.network(), description, network, weights(entry, cache), published);
  }

  private static Row row(
      String name,
      ModelDescription description,
      NamedBlock network,
      String weights,
      List<CatalogueEntry> checkpoints) {
    if (network instanceof Restorer restorer) {
      return row(name, description, restorer, weights, checkpoints);
    }
    String family = Backbones.find(description.backbone()).orElseThrow().family();
    if (network instanceof Classifier classifier) {
      return row(name, family, classifier, weights, checkpoints);
    }
    int height = description.fit().shorterSide();
    int width = usualWidth(description.fit());
    long multiplyAdds =
        network instanceof Detector detector
            ? detector.multiplyAdds(height, width)
            : ((Segmenter) network).multiplyAdds(height, width);
    return new Row(
        name,
        family,
        network.parameterCount(),
        multiplyAdds,
        new Shape(height, width),
        weights,
        checkpoints);
  }

  /** The width that papers count costs at: detectors 1280 of at most 1333, segmenters the most. */
  private static int usualWidth(FitInput fit) {
    return fit.longerSide() == DETECTION_LONGER_SIDE ? DETECTION_WIDTH : fit.longerSide();
  }

  private static String weights(CatalogueEntry entry, ModelCache cache) {
    return cache.contains(entry) ? "cached" : "to download";
  }

  /** A restorer's, for a result of 1280x720 pixels, as papers have it. */
  private static Row row(
      String name,
      ModelDescription description,
      Restorer network,
      String weights,
      List<CatalogueEntry> checkpoints) {
    int height = 720 / network.scale();
    int width = 1280 / network.scale();
    return new Row(
        name,
        Restorers.find(description.backbone())
            .map(Restorers.Entry::family)
            .orElseGet(() -> Backbones.find(description.backbone()).orElseThrow().family()),
        network.parameterCount(),
        network.multiplyAdds(height, width),
        new Shape(height, width),
        weights,
        checkpoints);
  }

  private static Row row(
      String name,
      String family,
      Classifier network,
      String weights,
      List<CatalogueEntry> checkpoints) {
    Shape size = network.backbone().imageSize();
    long multiplyAdds = network.multiplyAdds((int) size.get(0), (int) size.get(1));
    return new Row(
        name, family, network.parameterCount(), multiplyAdds, size, weights, checkpoints);
  }

  private static JsonObject toJson(Row row, ModelCache cache) {
    JsonObject object = new JsonObject();
    object.addProperty("name", row.name());
    object.addProperty("family", row.family());
    object.addProperty("parameters", row.parameters());
    object.addProperty("multiply_adds", row.multiplyAdds());
    object.addProperty("height", row.size().get(0));
    object.addProperty("width", row.size().get(1));
    object.addProperty("weights", row.weights());
    JsonArray array = new JsonArray();
    row.checkpoints().forEach(entry -> array.add(toJson(entry, cache)));
    object.add("checkpoints", array);
    return object;
  }

  private static JsonObject toJson(CatalogueEntry entry, ModelCache cache) {
    JsonObject object = new JsonObject();
    object.addProperty("name", entry.name());
    object.addProperty("task", entry.task().label());
    object.addProperty("backbone", entry.backbone());
    object.addProperty("head", entry.head());
    JsonObject scores = new JsonObject();
    entry.scores().forEach(scores::addProperty);
    object.add("scores", scores);
    entry.licence().ifPresent(licence -> object.addProperty("licence", licence));
    object.addProperty("source", entry.source().toString());
    object.addProperty("url", entry.urls().get(0).toString());
    object.addProperty("weights", weights(entry, cache));
    entry.note().ifPresent(note -> object.addProperty("note", note));
    return object;
  }

  private static String checkpointTable(List<CatalogueEntry> entries, ModelCache cache) {
    return AsciiTable.getTable(
        AsciiTable.NO_BORDERS,
        entries,
        List.of(
            left("name").with(CatalogueEntry::name),
            left("task").with(entry -> entry.task().label().replace('_', ' ')),
            left("published scores").with(ModelsCommand::scores),
            left("licence").with(entry -> entry.licence().orElse("not stated")),
            left("weights").with(entry -> weights(entry, cache))));
  }

  private static String scores(CatalogueEntry entry) {
    return entry.scores().entrySet().stream()
        .map(score -> score.getKey() + " " + score.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String table(List<Row> rows) {
    return AsciiTable.getTable(
        AsciiTable.NO_BORDERS,
        rows,
        List.of(
            left("name").with(Row::name),
            left("family").with(Row::family),
            new Column()
                .header("parameters")
                .with(row -> String.format(Locale.ROOT, "%,d", row.parameters())),
            new Column()
                .header("FLOPs")
                .with(row -> String.format(Locale.ROOT, "%.3f G", row.multiplyAdds() * 1e-9)),
            new Column()
                .header("resolution")
                .with(row -> row.size().get(0) + "x" + row.size().get(1)),
            left("weights").with(Row::weights),
            left("checkpoints").with(ModelsCommand::tags)));
  }

  private static String tags(Row row) {
    return row.checkpoints().stream().map(CatalogueEntry::tag).collect(Collectors.joining(", "));
  }

  private static Column left(String header) {
    return new Column().header(header).dataAlign(HorizontalAlign.LEFT);
  }
}
