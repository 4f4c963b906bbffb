package dev.visionmamba.tasks.annotations;

import com.google.gson.stream.JsonWriter;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes the JSON of COCO's files. */
final class CocoWriter {
  /** Up to here whole numbers are written without a fraction. */
  private static final double LARGEST_WHOLE = 1e15;

  private CocoWriter() {}

  /** What a file gets. */
  @FunctionalInterface
  interface Content {
    void to(JsonWriter json) throws IOException;
  }

  static void write(Path file, Content content) throws IOException {
    AtomicFiles.write(
        file,
        channel -> {
          // Not closed: the channel stays open.
          BufferedWriter text =
              new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
          JsonWriter json = new JsonWriter(text);
          content.to(json);
          json.flush();
        });
  }

  static void number(JsonWriter json, double number) throws IOException {
    if (number == Math.rint(number) && Math.abs(number) < LARGEST_WHOLE) {
      json.value((long) number);
    } else {
      json.value(number);
    }
  }

  static void numbers(JsonWriter json, double... numbers) throws IOException {
    json.beginArray();
    for (double number : numbers) {
      number(json, number);
    }
    json.endArray();
  }

  static void box(JsonWriter json, Box box) throws IOException {
    numbers(json, box.left(), box.top(), box.width(), box.height());
  }

  static void mask(JsonWriter json, RunLengthMask mask) throws IOException {
    json.beginObject();
    json.name("size").beginArray().value(mask.height()).value(mask.width()).endArray();
    json.name("counts").value(mask.compressed());
    json.endObject();
  }
}
