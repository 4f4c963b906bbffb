package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.heads.Classifier;
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
import java.util.Arrays;
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
      "Lists the models of each task: those that are bundled, then the networks that can be trained,"
          + " and whether their published weights are here.",
      "A network's name alone means its first checkpoint; NETWORK.CHECKPOINT names any of them."
    })
final class ModelsCommand implements Callable<Integer> {
  /** Characters in a line of a terminal. */
  private static final int WIDTH = 100;

  @Spec private CommandSpec spec;

  @Option(
      names = "--checkpoints",
      description = "List the published checkpoints instead, with their scores and licences.")
  private boolean checkpoints;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  /** A network; its checkpoints' first is the default one. */
  private record Row(
      String name, SizedNetwork network, String weights, List<CatalogueEntry> checkpoints) {}

  @Override
  public Integer call() throws Exception {
    ModelCache cache = new ModelCache(DownloadOptions.ofEnvironment().cache());
    PrintWriter out = spec.commandLine().getOut();
    if (checkpoints) {
      List<CatalogueEntry> entries = Catalogue.published().entries();
      if (json) {
        entries.forEach(entry -> out.println(toJson(entry, cache)));
      } else {
        out.println(checkpointTables(entries, cache));
      }
      return 0;
    }
    List<Row> rows = rows(cache);
    if (json) {
      rows.forEach(row -> out.println(toJson(row, cache)));
    } else {
      for (ModelTask task : ModelTask.values()) {
        out.println(heading(task) + "\n" + table(task, rows) + "\n");
      }
      out.println("FLOPs at that size as the papers count them: one multiply-add is one.");
    }
    return 0;
  }

  private static List<Row> rows(ModelCache cache) throws Exception {
    List<Row> rows = new ArrayList<>();
    for (String name : ModelCatalogue.bundled()) {
      try (TrainedModel<?> model = ModelCatalogue.loadAny(name, Device.cpu())) {
        SizedNetwork network = SizedNetwork.of(model.description(), model.network());
        rows.add(new Row(name, network, "bundled", List.of()));
      }
    }
    for (Backbones.Entry entry : Backbones.all()) {
      if (entry.published()) {
        Classifier network = Classifier.create(entry.name(), Map.of());
        List<CatalogueEntry> published = Catalogue.published().ofNetwork(entry.name());
        String weights = published.isEmpty() ? "none" : weights(published.get(0), cache);
        SizedNetwork sized = SizedNetwork.of(entry.family(), network);
        rows.add(new Row(entry.name(), sized, weights, published));
      }
    }
    Set<String> others = new LinkedHashSet<>();
    for (CatalogueEntry entry : Catalogue.published().entries()) {
      if (entry.task() != Task.CLASSIFICATION && others.add(entry.network())) {
        List<CatalogueEntry> published = Catalogue.published().ofNetwork(entry.network());
        ModelDescription description = ModelDescription.of(published.get(0));
        rows.add(
            new Row(
                entry.network(),
                SizedNetwork.of(description, ModelCatalogue.network(description)),
                weights(published.get(0), cache),
                published));
      }
    }
    return rows;
  }

  private static String weights(CatalogueEntry entry, ModelCache cache) {
    return cache.contains(entry) ? "cached" : "to download";
  }

  private static JsonObject toJson(Row row, ModelCache cache) {
    JsonObject object = new JsonObject();
    object.addProperty("name", row.name());
    object.addProperty("task", row.network().task().toString());
    object.addProperty("family", row.network().family());
    object.addProperty("parameters", row.network().network().parameterCount());
    object.addProperty("multiply_adds", row.network().multiplyAdds());
    object.addProperty("height", row.network().size().get(0));
    object.addProperty("width", row.network().size().get(1));
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

  private static String heading(ModelTask task) {
    return switch (task) {
      case CLASSIFY -> "Classifiers";
      case SEGMENT -> "Segmenters: a class for every pixel";
      case DETECT -> "Detectors: boxes, and with mask_rcnn masks";
      case RESTORE -> "Restorers: better pictures";
    };
  }

  private static String checkpointTables(List<CatalogueEntry> entries, ModelCache cache) {
    return Arrays.stream(ModelTask.values())
        .map(
            task ->
                heading(task)
                    + "\n"
                    + checkpointTable(
                        entries.stream()
                            .filter(entry -> ModelTask.of(entry.task()) == task)
                            .toList(),
                        cache))
        .collect(Collectors.joining("\n\n"));
  }

  private static String checkpointTable(List<CatalogueEntry> entries, ModelCache cache) {
    return TextTable.of(
        entries,
        List.of(
            left("name").with(CatalogueEntry::name),
            left("licence").with(entry -> entry.licence().orElse("not stated")),
            left("weights").with(entry -> weights(entry, cache))),
        WIDTH,
        "published scores",
        ModelsCommand::scores);
  }

  private static String scores(CatalogueEntry entry) {
    return entry.scores().entrySet().stream()
        .map(score -> score.getKey() + " " + score.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String table(ModelTask task, List<Row> rows) {
    List<ColumnData<Row>> columns = new ArrayList<>();
    columns.add(left("name").with(Row::name));
    if (task == ModelTask.CLASSIFY) { // the names of the others say it
      columns.add(left("family").with(row -> row.network().family()));
    }
    columns.add(
        new Column()
            .header("parameters")
            .with(row -> number("%,d", row.network().network().parameterCount())));
    // Costs of a thousand times those of classifiers have no use for a thousandth.
    boolean small = task == ModelTask.CLASSIFY;
    columns.add(
        new Column()
            .header(small ? "FLOPs" : "GFLOPs")
            .with(row -> number(small ? "%.3f G" : "%.1f", row.network().multiplyAdds() * 1e-9)));
    columns.add(
        new Column()
            .header("size")
            .with(row -> row.network().size().get(0) + "x" + row.network().size().get(1)));
    columns.add(left("weights").with(Row::weights));
    return TextTable.of(
        rows.stream().filter(row -> row.network().task() == task).toList(),
        columns,
        WIDTH,
        "checkpoints",
        ModelsCommand::tags);
  }

  private static String number(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static String tags(Row row) {
    return row.checkpoints().stream().map(CatalogueEntry::tag).collect(Collectors.joining(", "));
  }

  private static Column left(String header) {
    return new Column().header(header).dataAlign(HorizontalAlign.LEFT);
  }
}
