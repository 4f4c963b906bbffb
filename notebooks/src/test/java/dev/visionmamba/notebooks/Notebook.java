package dev.visionmamba.notebooks;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;

/**
 * A notebook file of Jupyter's format 4. Only the outputs of its cells can be changed. It is
 * written as Jupyter writes it, keys in order and each line of a source on a line of its own, so
 * that differences are small and can be read.
 */
final class Notebook {
  private final JsonObject json;

  private Notebook(JsonObject json) {
    this.json = json;
  }

  /** A notebook's cell of code. */
  static final class Cell {
    private final int number;
    private final JsonObject json;

    private Cell(int number, JsonObject json) {
      this.number = number;
      this.json = json;
    }

    /** Counted over the notebook's cells of code, from 1. */
    int number() {
      return number;
    }

    String source() {
      return text(json.get("source"));
    }

    List<String> tags() {
      List<String> tags = new ArrayList<>();
      JsonObject metadata = json.getAsJsonObject("metadata");
      if (metadata.has("tags")) {
        metadata.getAsJsonArray("tags").forEach(tag -> tags.add(tag.getAsString()));
      }
      return tags;
    }

    /** The stored outputs. */
    List<Output> outputs() {
      List<Output> outputs = new ArrayList<>();
      for (JsonElement element : json.getAsJsonArray("outputs")) {
        JsonObject output = element.getAsJsonObject();
        String type = output.get("output_type").getAsString();
        if (type.equals("stream")) {
          outputs.add(new Output.Text(text(output.get("text"))));
        } else if (type.equals("display_data") && output.getAsJsonObject("data").has("image/png")) {
          String base64 = text(output.getAsJsonObject("data").get("image/png"));
          outputs.add(new Output.Picture(Base64.getMimeDecoder().decode(base64)));
        } else {
          throw new IllegalArgumentException(
              "cell " + number + " has an output of another kind: " + output);
        }
      }
      return outputs;
    }

    /** Replaces the stored outputs. */
    void store(List<Output> outputs) throws IOException {
      JsonArray stored = new JsonArray();
      for (Output output : outputs) {
        stored.add(toJson(output));
      }
      json.add("outputs", stored);
      json.addProperty("execution_count", number);
    }

    private static JsonObject toJson(Output output) throws IOException {
      JsonObject entry = new JsonObject();
      if (output instanceof Output.Text text) {
        entry.addProperty("output_type", "stream");
        entry.addProperty("name", "stdout");
        entry.add("text", lines(text.text()));
        return entry;
      }
      Output.Picture picture = (Output.Picture) output;
      JsonObject data = new JsonObject();
      data.addProperty("image/png", Base64.getEncoder().encodeToString(picture.png()));
      data.add(
          "text/plain",
          lines(
              "a picture of %d x %d pixels"
                  .formatted(picture.image().getWidth(), picture.image().getHeight())));
      entry.addProperty("output_type", "display_data");
      entry.add("data", data);
      entry.add("metadata", new JsonObject());
      return entry;
    }
  }

  static Notebook read(Path file) throws IOException {
    return parse(Files.readString(file));
  }

  static Notebook parse(String json) {
    return new Notebook(JsonParser.parseString(json).getAsJsonObject());
  }

  /** The cells of code. */
  List<Cell> codeCells() {
    List<Cell> cells = new ArrayList<>();
    for (JsonElement element : json.getAsJsonArray("cells")) {
      JsonObject cell = element.getAsJsonObject();
      if (cell.get("cell_type").getAsString().equals("code")) {
        cells.add(new Cell(cells.size() + 1, cell));
      }
    }
    return cells;
  }

  /** The file's text. */
  String toJson() {
    StringWriter text = new StringWriter();
    JsonWriter writer = new JsonWriter(text);
    writer.setIndent(" ");
    writer.setHtmlSafe(false);
    new Gson().toJson(sorted(json), writer);
    return text + "\n";
  }

  private static JsonElement sorted(JsonElement element) {
    if (element.isJsonArray()) {
      JsonArray sorted = new JsonArray();
      element.getAsJsonArray().forEach(entry -> sorted.add(sorted(entry)));
      return sorted;
    }
    if (!element.isJsonObject()) {
      return element;
    }
    JsonObject sorted = new JsonObject();
    new TreeMap<>(element.getAsJsonObject().asMap())
        .forEach(
            (key, value) -> sorted.add(key, value == null ? JsonNull.INSTANCE : sorted(value)));
    return sorted;
  }

  /** A text as Jupyter stores it: line by line, each but the last with its end. */
  private static JsonArray lines(String text) {
    JsonArray lines = new JsonArray();
    for (String line : text.split("(?<=\n)")) {
      lines.add(line);
    }
    return lines;
  }

  private static String text(JsonElement stored) {
    if (!stored.isJsonArray()) {
      return stored.getAsString();
    }
    StringBuilder text = new StringBuilder();
    stored.getAsJsonArray().forEach(line -> text.append(line.getAsString()));
    return text.toString();
  }
}
