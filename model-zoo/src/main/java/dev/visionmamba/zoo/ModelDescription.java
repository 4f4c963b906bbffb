package dev.visionmamba.zoo;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.ToNumberPolicy;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.ClassNames;
import dev.visionmamba.zoo.catalogue.Task;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a model file says about itself, beside its weights: enough to build the network, feed it
 * pictures and name its answers. It is stored as JSON in the metadata of the safetensors file, so a
 * model is one file.
 *
 * @param name the model's name
 * @param backbone the backbone's name in the registry
 * @param arguments arguments of the reference's constructor that differ from the backbone's, {@code
 *     num_classes} among them
 * @param head what sits on the backbone
 * @param classes the classes' names by index; none for a restorer
 * @param input how pictures are prepared for a classifier; null for a model with another head
 * @param fit how they are prepared for a detector or a segmenter; null for others: a restorer takes
 *     pictures as they are
 * @param notes anything else, for people: data, licence, command, measured accuracy
 */
public record ModelDescription(
    String name,
    String backbone,
    Map<String, Object> arguments,
    HeadDescription head,
    List<String> classes,
    ImageInput input,
    FitInput fit,
    Map<String, String> notes) {

  /** The key of the description among a safetensors file's metadata. */
  public static final String METADATA_KEY = "visionmamba";

  private static final Gson GSON =
      new GsonBuilder()
          .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
          .disableHtmlEscaping()
          .create();

  /**
   * Checks that nothing is missing.
   *
   * @throws IllegalArgumentException naming what is
   */
  public ModelDescription {
    require(name != null && !name.isBlank(), "name");
    require(backbone != null, "backbone");
    head = head == null ? HeadDescription.LINEAR : head;
    boolean restores = head.task().equals(Optional.of(Task.RESTORATION));
    classes = restores && classes == null ? List.of() : classes;
    require(classes != null && (restores || !classes.isEmpty()), "classes");
    if (restores) {
      if (!classes.isEmpty() || input != null || fit != null) {
        throw new IllegalArgumentException(
            "a restorer takes and gives pictures: its description has no classes, input or fit");
      }
    } else if (head.name().equals(HeadDescription.LINEAR.name())) {
      require(input != null, "input");
    } else {
      require(fit != null, "fit");
    }
    classes = List.copyOf(classes);
    arguments = Map.copyOf(arguments == null ? Map.of() : arguments);
    notes = Map.copyOf(notes == null ? Map.of() : notes);
  }

  /**
   * A classifier's description.
   *
   * @param name the model's name
   * @param backbone the backbone's name in the registry
   * @param arguments arguments that differ from the backbone's
   * @param classes the classes' names by index
   * @param input how pictures are prepared
   * @param notes anything else, for people
   */
  public ModelDescription(
      String name,
      String backbone,
      Map<String, Object> arguments,
      List<String> classes,
      ImageInput input,
      Map<String, String> notes) {
    this(name, backbone, arguments, HeadDescription.LINEAR, classes, input, null, notes);
  }

  /**
   * A restorer's description.
   *
   * @param name the model's name
   * @param backbone the network's name among the restorers, or the backbone's below a decoder
   * @param arguments arguments that differ from the network's or the backbone's
   * @param head {@link HeadDescription#RESTORER} or a decoder
   * @param notes anything else, for people
   */
  public ModelDescription(
      String name,
      String backbone,
      Map<String, Object> arguments,
      HeadDescription head,
      Map<String, String> notes) {
    this(name, backbone, arguments, head, List.of(), null, null, notes);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException("the model description has no " + what);
    }
  }

  /**
   * What the catalogue says about a published model.
   *
   * @param entry a checkpoint
   * @return its description; the notes name its source, its licence and its published accuracy
   * @throws IllegalArgumentException if the entry does not say how pictures are prepared, or this
   *     library does not have its classes' names
   */
  public static ModelDescription of(CatalogueEntry entry) {
    Map<String, String> notes = new TreeMap<>();
    notes.put("source", entry.source().toString());
    entry.licence().ifPresent(licence -> notes.put("licence", licence));
    boolean restores = entry.task() == Task.RESTORATION;
    entry
        .scores()
        .forEach(
            (measure, score) -> {
              String unit = !restores ? " %" : measure.endsWith("PSNR") ? " dB" : "";
              notes.put(measure, score + unit + " (published)");
            });
    return new ModelDescription(
        entry.name(),
        entry.backbone(),
        entry.arguments(),
        new HeadDescription(entry.head(), entry.headArguments()),
        restores ? List.of() : ClassNames.named(entry.classes()).orElse(null),
        entry.input().orElse(null),
        entry.fit().orElse(null),
        notes);
  }

  /**
   * This description with other notes.
   *
   * @param newNotes the notes
   * @return the description
   */
  public ModelDescription withNotes(Map<String, String> newNotes) {
    return new ModelDescription(name, backbone, arguments, head, classes, input, fit, newNotes);
  }

  /**
   * This description as JSON.
   *
   * @return one line; equal descriptions give equal text
   */
  public String toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("name", name);
    json.addProperty("backbone", backbone);
    json.add("arguments", GSON.toJsonTree(new TreeMap<>(arguments)));
    if (!head.equals(HeadDescription.LINEAR)) {
      JsonObject description = new JsonObject();
      description.addProperty("name", head.name());
      description.add("arguments", GSON.toJsonTree(new TreeMap<>(head.arguments())));
      json.add("head", description);
    }
    json.add("classes", GSON.toJsonTree(classes));
    if (input != null) {
      json.add("input", GSON.toJsonTree(input));
    }
    if (fit != null) {
      json.add("fit", GSON.toJsonTree(fit));
    }
    json.add("notes", GSON.toJsonTree(new TreeMap<>(notes)));
    return GSON.toJson(json);
  }

  /**
   * Reads a description.
   *
   * @param json as {@link #toJson} writes it
   * @return the description
   * @throws IllegalArgumentException if it is not JSON, or something is missing or of another kind
   */
  public static ModelDescription fromJson(String json) {
    try {
      JsonElement parsed = JsonParser.parseString(json);
      ModelDescription description = GSON.fromJson(parsed, ModelDescription.class);
      if (description == null) {
        throw new IllegalArgumentException("the model description is empty");
      }
      return description;
    } catch (JsonParseException e) {
      throw new IllegalArgumentException(
          "the model description is not as it should be: " + e.getMessage(), e);
    } catch (RuntimeException | StackOverflowError e) {
      // Gson wraps what a record's constructor throws.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException(String.valueOf(cause.getMessage()), e);
    }
  }

  /** Refuses a network for another number of classes. */
  void requireClasses(int ofNetwork) {
    if (ofNetwork != classes.size()) {
      throw new IllegalArgumentException(
          "the description names " + classes.size() + " classes, but the network has " + ofNetwork);
    }
  }

  /** Refuses an input of other channels than the network takes. */
  static void requireChannels(int ofInput, int ofNetwork) {
    if (ofInput != ofNetwork) {
      throw new IllegalArgumentException(
          "the description's input has "
              + ofInput
              + " channels, but the network takes "
              + ofNetwork);
    }
  }
}
