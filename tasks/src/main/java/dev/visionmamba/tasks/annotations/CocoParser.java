package dev.visionmamba.tasks.annotations;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the JSON of COCO's files token by token; what does not have COCO's form is refused with its
 * place. Nothing is given memory before it is read, so a file's numbers cannot ask for more than
 * the file's own size.
 */
final class CocoParser {
  private final JsonReader json;

  private CocoParser(JsonReader json) {
    this.json = json;
  }

  /** What is done with a file. */
  @FunctionalInterface
  interface Reading {
    void from(CocoParser parser) throws IOException;
  }

  /** What is done with a field of an object. */
  @FunctionalInterface
  interface Field {
    void named(String name) throws IOException;
  }

  /** What is done where an element begins. */
  @FunctionalInterface
  interface Element {
    void read() throws IOException;
  }

  /** Reads a file to its end. */
  static void read(Path file, Reading reading) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InvalidAnnotationsException(file + ": a directory; name a JSON file in it");
    }
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "there is no such file of annotations");
    }
    try (Reader characters =
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8);
        JsonReader json = new JsonReader(characters)) {
      try {
        reading.from(new CocoParser(json));
        if (json.peek() != JsonToken.END_DOCUMENT) {
          throw new IllegalStateException("the file goes on after its end");
        }
      } catch (EOFException e) {
        throw new InvalidAnnotationsException(
            file + ": cut short at " + json.getPath() + "; fetch or save it again", e);
      } catch (MalformedJsonException | IllegalStateException | NumberFormatException e) {
        throw new InvalidAnnotationsException(
            "%s: not a COCO file, at %s (%s); correct or fetch it again"
                .formatted(file, json.getPath(), reason(e)),
            e);
      }
    }
  }

  private static String reason(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("").strip();
  }

  /** Whether an object comes next. */
  boolean atObject() throws IOException {
    return json.peek() == JsonToken.BEGIN_OBJECT;
  }

  /** Refuses what comes next. */
  IllegalStateException unexpected(String wanted) throws IOException {
    return new IllegalStateException("wanted " + wanted + ", found " + json.peek());
  }

  /** Reads an object; fields that are null count as absent. */
  void object(Field field) throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (json.peek() == JsonToken.NULL) {
        json.nextNull();
      } else {
        field.named(name);
      }
    }
    json.endObject();
  }

  void array(Element element) throws IOException {
    json.beginArray();
    while (json.hasNext()) {
      element.read();
    }
    json.endArray();
  }

  void skip() throws IOException {
    json.skipValue();
  }

  long integer() throws IOException {
    return json.nextLong();
  }

  /** A number that an int holds. */
  int small() throws IOException {
    return json.nextInt();
  }

  double number() throws IOException {
    return json.nextDouble();
  }

  String text() throws IOException {
    if (json.peek() != JsonToken.STRING) {
      throw unexpected("a text");
    }
    return json.nextString();
  }

  /** 0 or 1, false or true. */
  boolean flag() throws IOException {
    return json.peek() == JsonToken.BOOLEAN ? json.nextBoolean() : json.nextInt() != 0;
  }

  double[] numbers() throws IOException {
    double[] numbers = new double[16];
    int count = 0;
    json.beginArray();
    while (json.hasNext()) {
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count++] = json.nextDouble();
    }
    json.endArray();
    return Arrays.copyOf(numbers, count);
  }

  int[] integers() throws IOException {
    int[] numbers = new int[16];
    int count = 0;
    json.beginArray();
    while (json.hasNext()) {
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count++] = json.nextInt();
    }
    json.endArray();
    return Arrays.copyOf(numbers, count);
  }

  /** A segmentation as it stands in the file: polygons, or a size and counts. */
  void segmentation(CocoEntry entry) throws IOException {
    if (json.peek() == JsonToken.BEGIN_ARRAY) {
      List<double[]> polygons = new ArrayList<>();
      array(() -> polygons.add(numbers()));
      entry.polygons = polygons.isEmpty() ? null : polygons;
      return;
    }
    object(
        name -> {
          switch (name) {
            case "size" -> entry.maskSize = integers();
            case "counts" -> {
              if (json.peek() == JsonToken.STRING) {
                entry.compressedCounts = json.nextString();
              } else {
                entry.counts = integers();
              }
            }
            default -> skip();
          }
        });
    if (entry.counts == null && entry.compressedCounts == null) {
      throw new IllegalStateException("a segmentation without counts");
    }
  }
}
