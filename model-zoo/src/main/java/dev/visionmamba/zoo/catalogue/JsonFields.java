package dev.visionmamba.zoo.catalogue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/** A JSON object whose every field must be asked for, and be of the kind that is asked for. */
final class JsonFields {
  private final String where;
  private final JsonObject object;
  private final Set<String> unread;

  JsonFields(String where, JsonObject object) {
    this.where = where;
    this.object = object;
    this.unread = new LinkedHashSet<>(object.keySet());
  }

  /** Reads the object whole; what goes wrong is said with the place. */
  <T> T check(Function<JsonFields, T> reading) {
    T value;
    try {
      value = reading.apply(this);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
    end();
    return value;
  }

  /** Nothing may be left over. */
  void end() {
    if (!unread.isEmpty()) {
      throw new IllegalArgumentException(where + ": unknown " + unread);
    }
  }

  private Optional<JsonElement> optional(String key) {
    unread.remove(key);
    return Optional.ofNullable(object.get(key));
  }

  private JsonElement required(String key) {
    return optional(key)
        .orElseThrow(() -> new IllegalArgumentException("it has no \"" + key + "\""));
  }

  private static IllegalArgumentException wrong(String key, String kind, JsonElement found) {
    return new IllegalArgumentException("\"" + key + "\" must be " + kind + ", got " + found);
  }

  private static String text(String key, JsonElement element) {
    if (element instanceof JsonPrimitive value
        && value.isString()
        && !element.getAsString().isBlank()) {
      return element.getAsString();
    }
    throw wrong(key, "a text", element);
  }

  private static double number(String key, JsonElement element) {
    if (element instanceof JsonPrimitive value && value.isNumber()) {
      return element.getAsDouble();
    }
    throw wrong(key, "a number", element);
  }

  private static long integer(String key, JsonElement element) {
    double value = number(key, element);
    if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
      throw wrong(key, "a whole number", element);
    }
    return (long) value;
  }

  private static URI uri(String key, JsonElement element) {
    try {
      return new URI(text(key, element));
    } catch (URISyntaxException e) {
      throw wrong(key, "a URL", element);
    }
  }

  private static List<JsonElement> array(String key, JsonElement element) {
    if (!element.isJsonArray()) {
      throw wrong(key, "a list", element);
    }
    return element.getAsJsonArray().asList();
  }

  private static JsonObject object(String key, JsonElement element) {
    if (!element.isJsonObject()) {
      throw wrong(key, "an object", element);
    }
    return element.getAsJsonObject();
  }

  String text(String key) {
    return text(key, required(key));
  }

  Optional<String> optionalText(String key) {
    return optional(key).map(element -> text(key, element));
  }

  long integer(String key) {
    return integer(key, required(key));
  }

  OptionalLong optionalInteger(String key) {
    Optional<JsonElement> element = optional(key);
    return element.isEmpty() ? OptionalLong.empty() : OptionalLong.of(integer(key, element.get()));
  }

  /** A truth value, false if it is not there. */
  boolean flag(String key) {
    Optional<JsonElement> element = optional(key);
    if (element.isEmpty()) {
      return false;
    }
    if (element.get() instanceof JsonPrimitive value && value.isBoolean()) {
      return value.getAsBoolean();
    }
    throw wrong(key, "true or false", element.get());
  }

  URI uri(String key) {
    return uri(key, required(key));
  }

  List<URI> uris(String key) {
    return array(key, required(key)).stream().map(element -> uri(key, element)).toList();
  }

  List<Float> floats(String key) {
    return array(key, required(key)).stream().map(element -> (float) number(key, element)).toList();
  }

  /** Numbers by name. */
  Map<String, Double> numbers(String key) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    object(key, required(key)).asMap().forEach((name, e) -> numbers.put(name, number(name, e)));
    return numbers;
  }

  /** Values by name, none if they are not there: numbers, texts and truth values. */
  Map<String, Object> values(String key) {
    Map<String, Object> values = new LinkedHashMap<>();
    optional(key)
        .ifPresent(
            element ->
                object(key, element)
                    .asMap()
                    .forEach((name, e) -> values.put(name, value(name, e))));
    return values;
  }

  private static Object value(String key, JsonElement element) {
    if (element.isJsonArray()) {
      return array(key, element).stream().map(item -> value(key, item)).toList();
    }
    if (!(element instanceof JsonPrimitive primitive)) {
      throw wrong(key, "a number, a text, true, false or a list", element);
    }
    if (primitive.isBoolean()) {
      return primitive.getAsBoolean();
    }
    if (primitive.isString()) {
      return primitive.getAsString();
    }
    double number = primitive.getAsDouble();
    return number == Math.rint(number) ? (Object) primitive.getAsLong() : (Object) number;
  }

  /** Objects by name. */
  Map<String, JsonFields> objects(String key) {
    Map<String, JsonFields> objects = new LinkedHashMap<>();
    object(key, required(key))
        .asMap()
        .forEach(
            (name, e) ->
                objects.put(name, new JsonFields(key + " \"" + name + "\"", object(name, e))));
    return objects;
  }

  /** Objects in a list. */
  List<JsonFields> list(String key) {
    List<JsonFields> objects = new ArrayList<>();
    for (JsonElement element : array(key, required(key))) {
      JsonObject item = object(key, element);
      String name = item.has("name") ? " " + item.get("name") : "";
      objects.add(new JsonFields(key + "[" + objects.size() + "]" + name, item));
    }
    return objects;
  }
}
