package dev.visionmamba.zoo.catalogue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ImageInput;
import java.io.Reader;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the catalogue's JSON; whatever it does not know is an error. */
final class CatalogueParser {

  /** What the checkpoints of a family share. */
  private record Family(Optional<String> licence, URI source) {}

  private final Map<String, ImageInput> inputs = new LinkedHashMap<>();
  private final Map<String, FitInput> fits = new LinkedHashMap<>();
  private final Map<String, Family> families = new LinkedHashMap<>();
  private final List<CatalogueEntry> entries = new ArrayList<>();

  private CatalogueParser() {}

  static List<CatalogueEntry> parse(Reader json) {
    CatalogueParser parser = new CatalogueParser();
    parser.readAll(root(json));
    return parser.entries;
  }

  private static JsonObject root(Reader json) {
    JsonReader reader = new JsonReader(json);
    reader.setStrictness(Strictness.STRICT);
    try {
      JsonElement root = JsonParser.parseReader(reader);
      if (!root.isJsonObject()) {
        throw new IllegalArgumentException("it is no JSON object");
      }
      return root.getAsJsonObject();
    } catch (JsonParseException e) {
      throw new IllegalArgumentException("it is not JSON: " + e.getMessage(), e);
    }
  }

  private void readAll(JsonObject root) {
    JsonFields fields = new JsonFields("the catalogue", root);
    fields.objects("inputs").forEach((name, input) -> inputs.put(name, input(input)));
    fields.objects("fits").forEach((name, fit) -> fits.put(name, fit(fit)));
    fields.objects("families").forEach((name, family) -> families.put(name, family(family)));
    List<JsonFields> checkpoints = fields.list("checkpoints");
    fields.end();
    checkpoints.forEach(checkpoint -> entries.add(checkpoint.check(this::entry)));
  }

  private static ImageInput input(JsonFields fields) {
    return fields.check(
        in ->
            new ImageInput(
                Math.toIntExact(in.integer("resize")),
                Math.toIntExact(in.integer("height")),
                Math.toIntExact(in.integer("width")),
                in.text("interpolation"),
                in.floats("mean"),
                in.floats("std")));
  }

  private static FitInput fit(JsonFields fields) {
    return fields.check(
        in ->
            new FitInput(
                Math.toIntExact(in.integer("shorter_side")),
                Math.toIntExact(in.integer("longer_side")),
                Math.toIntExact(in.integer("multiple")),
                in.flag("stretched"),
                in.floats("mean"),
                in.floats("std")));
  }

  private static Family family(JsonFields fields) {
    return fields.check(in -> new Family(in.optionalText("licence"), in.uri("source")));
  }

  private CatalogueEntry entry(JsonFields in) {
    String name = in.text("name");
    String familyName = in.text("family");
    Family family = named(families, familyName, "family");
    String backbone = in.text("backbone");
    List<URI> urls = in.uris("urls");
    String label = in.text("task");
    Task task =
        Task.of(label).orElseThrow(() -> new IllegalArgumentException("no task \"" + label + "\""));
    Known known = known(backbone, task);
    if (!known.family().equals(familyName)) {
      throw new IllegalArgumentException(backbone + " is a " + known.family());
    }
    CatalogueEntry entry =
        new CatalogueEntry(
            name,
            in.flag("default"),
            familyName,
            task,
            backbone,
            in.values("arguments"),
            in.text("head"),
            in.values("head_arguments"),
            urls,
            in.optionalText("file").orElseGet(() -> urls.isEmpty() ? "" : lastSegment(urls.get(0))),
            in.optionalText("nesting").orElse(""),
            in.optionalText("prefix").orElse(""),
            in.optionalText("input").map(input -> named(inputs, input, "input")),
            in.optionalText("fit").map(fit -> named(fits, fit, "fit")),
            task == Task.RESTORATION ? "" : in.text("classes"),
            in.optionalText("licence").or(family::licence),
            family.source(),
            in.numbers("scores"),
            in.optionalInteger("size"),
            in.optionalText("sha256"),
            in.optionalText("note"));
    check(entry, known);
    return entry;
  }

  /** A network or backbone of a registry. */
  private record Known(String name, String family) {}

  private static Known known(String backbone, Task task) {
    return (task == Task.RESTORATION
            ? Restorers.find(backbone).map(entry -> new Known(entry.name(), entry.family()))
            : Backbones.find(backbone).map(entry -> new Known(entry.name(), entry.family())))
        .orElseThrow(() -> new IllegalArgumentException("no backbone \"" + backbone + "\""));
  }

  /** What is wrong here would only be seen after the download. */
  private static void check(CatalogueEntry entry, Known backbone) {
    if (entry.task() == Task.RESTORATION) {
      if (!entry.network().equals(backbone.name())) {
        throw new IllegalArgumentException("its name must begin with \"" + backbone.name() + ".\"");
      }
      return;
    }
    if (ClassNames.named(entry.classes()).isEmpty()) {
      throw new IllegalArgumentException("no class names \"" + entry.classes() + "\"");
    }
    if (entry.task() == Task.CLASSIFICATION) {
      if (!entry.network().equals(backbone.name())) {
        throw new IllegalArgumentException("its name must begin with \"" + backbone.name() + ".\"");
      }
    } else if (entry.fit().isEmpty()) {
      throw new IllegalArgumentException("it has no \"fit\"");
    }
  }

  private static <T> T named(Map<String, T> values, String name, String what) {
    T value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no " + what + " \"" + name + "\"");
    }
    return value;
  }

  private static String lastSegment(URI url) {
    String path = url.getPath();
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
