package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.ndarray.types.Shape;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Parses the header of one safetensors file: 8 bytes of length, little-endian, then a JSON object.
 * The JSON is read as a stream whose every token has one expected type, so its nesting costs no
 * stack; {@link TensorLayout} checks what the entries say about each other.
 */
final class SafetensorsHeaderParser {
  /** The reference implementation's limit, in bytes. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  /** Far above any vision model's; keeps a header of tiny entries from filling the heap. */
  static final int MAX_TENSORS = 100_000;

  private static final int MAX_TEXTS = 100_000;

  /** One text that fills the header takes several times its bytes while it is decoded. */
  private static final int HEAP_FACTOR = 10;

  /** No weight in the field has more dimensions. */
  static final int MAX_RANK = 8;

  static final String METADATA = "__metadata__";
  static final String DAMAGED = "the file is damaged or not a safetensors file: fetch it again";
  private static final String UNSUPPORTED = "convert the tensor to a supported type first";

  private final CheckpointInput input;
  private final CharsetEncoder unicode = StandardCharsets.UTF_8.newEncoder();
  private final Set<String> names = new HashSet<>();
  private final List<TensorEntry> entries = new ArrayList<>();
  private Map<String, String> metadata;

  private SafetensorsHeaderParser(CheckpointInput input) {
    this.input = input;
  }

  /** Reads the header and leaves the input at the data's first byte. */
  static SafetensorsHeader parse(CheckpointInput input) throws CheckpointException {
    return new SafetensorsHeaderParser(input).parse();
  }

  private SafetensorsHeader parse() throws CheckpointException {
    byte[] text = readText();
    try (JsonReader json =
        new JsonReader(
            // A decoder made this way reports malformed input; the charset itself would replace it.
            new InputStreamReader(
                new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder()))) {
      json.setStrictness(Strictness.STRICT);
      readObject(json);
    } catch (CheckpointException e) {
      throw e;
    } catch (CharacterCodingException e) {
      throw damaged("the header is not UTF-8" + after(), e);
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw damaged("the header is not valid JSON" + after(), e);
    }
    long dataStart = input.position();
    List<TensorEntry> inOrder =
        TensorLayout.check(entries, dataStart, input.length(), input.file());
    return new SafetensorsHeader(dataStart, inOrder, metadata == null ? Map.of() : metadata);
  }

  private byte[] readText() throws CheckpointException {
    if (input.length() < Long.BYTES + 2) {
      throw damaged(
          "has " + input.length() + " bytes, but a safetensors file has at least 10", null);
    }
    ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    input.fill(prefix, "the header's length");
    refuseOtherFormats(prefix.array());
    long length = prefix.getLong(0);
    String says = "its first 8 bytes say that the header has " + Long.toUnsignedString(length);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw damaged(says + " bytes, but the limit is " + MAX_HEADER_BYTES, null);
    }
    if (length > input.length() - Long.BYTES) {
      throw damaged(
          says + " bytes, but only " + (input.length() - Long.BYTES) + " follow them", null);
    }
    if (length < 2) {
      throw damaged(says + " bytes, too few for a JSON object", null);
    }
    if (length > Runtime.getRuntime().maxMemory() / HEAP_FACTOR) {
      throw new CheckpointException(
          input.file(),
          says + " bytes, more than a tenth of the Java heap",
          "give Java more memory (-Xmx) if the file is to be trusted");
    }
    byte[] text = new byte[(int) length];
    input.fill(ByteBuffer.wrap(text), "the header");
    if (text[0] != '{') {
      throw damaged("byte 8, where the header starts, is not '{'", null);
    }
    return text;
  }

  /** What people most often have in place of the file deserves its own advice. */
  private void refuseOtherFormats(byte[] prefix) throws CheckpointException {
    String start = new String(prefix, StandardCharsets.ISO_8859_1);
    if (start.startsWith("PK\3\4")) {
      throw new CheckpointException(
          input.file(),
          "is a zip archive, as PyTorch writes, not a safetensors file",
          "read it as a .pth file");
    }
    if (start.equals("version ")) {
      throw new CheckpointException(
          input.file(),
          "is a Git LFS pointer, not the weights themselves",
          "fetch the file that it points to (git lfs pull)");
    }
    if (start.startsWith("<!") || start.toLowerCase(Locale.ROOT).startsWith("<html")) {
      throw new CheckpointException(
          input.file(), "is a web page, not weights", "check the address it was fetched from");
    }
  }

  private void readObject(JsonReader json) throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (name.equals(METADATA)) {
        if (metadata != null) {
          throw damaged("the header has the key " + quote(METADATA) + " twice", null);
        }
        metadata = readMetadata(json);
      } else {
        if (!unicode.canEncode(name)) {
          throw damaged("the tensor name " + quote(name) + " is not well-formed Unicode", null);
        }
        if (!names.add(name)) {
          throw damaged("the header has the tensor " + quote(name) + " twice", null);
        }
        if (names.size() > MAX_TENSORS) {
          throw damaged("the header has more than " + MAX_TENSORS + " tensors", null);
        }
        entries.add(readTensor(name, json));
      }
    }
    json.endObject();
    json.peek(); // throws if anything but white space follows
  }

  private Map<String, String> readMetadata(JsonReader json) throws IOException {
    expect(json, JsonToken.BEGIN_OBJECT, "an object", METADATA);
    Map<String, String> texts = new LinkedHashMap<>();
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      expect(json, JsonToken.STRING, "a text", METADATA + "." + key);
      if (texts.put(key, json.nextString()) != null) {
        throw damaged(quote(METADATA) + " has the key " + quote(key) + " twice", null);
      }
      if (texts.size() > MAX_TEXTS) {
        throw damaged(quote(METADATA) + " has more than " + MAX_TEXTS + " texts", null);
      }
    }
    json.endObject();
    return texts;
  }

  private TensorEntry readTensor(String name, JsonReader json) throws IOException {
    String dtype = null;
    long[] shape = null;
    long[] offsets = null;
    expect(json, JsonToken.BEGIN_OBJECT, "an object", name);
    json.beginObject();
    while (json.hasNext()) {
      String field = json.nextName();
      boolean first =
          switch (field) {
            case "dtype" -> dtype == null;
            case "shape" -> shape == null;
            case "data_offsets" -> offsets == null;
            default -> throw tensor(name, "has the unknown field " + quote(field));
          };
      if (!first) {
        throw tensor(name, "has the field " + quote(field) + " twice");
      }
      switch (field) {
        case "dtype" -> {
          expect(json, JsonToken.STRING, "a text", name + ".dtype");
          dtype = json.nextString();
        }
        case "shape" -> shape = readNumbers(name, field, MAX_RANK, json);
        default -> offsets = readNumbers(name, field, 2, json);
      }
    }
    json.endObject();
    if (dtype == null || shape == null || offsets == null) {
      String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
      throw tensor(name, "lacks the field " + quote(missing));
    }
    if (offsets.length != 2) {
      throw tensor(name, "has " + offsets.length + " data_offsets, not 2");
    }
    requireSupported(name, dtype);
    return new TensorEntry(name, dtype, new Shape(shape), offsets[0], offsets[1]);
  }

  private void requireSupported(String name, String dtype) throws CheckpointException {
    if (StoredType.isKnownButUnsupported(dtype)) {
      throw new CheckpointException(
          input.file(),
          "tensor " + quote(name) + " has the type " + dtype + ", which is not supported",
          UNSUPPORTED);
    }
    if (StoredType.named(dtype).isEmpty()) {
      throw tensor(name, "has the type " + quote(dtype) + ", which the format does not have");
    }
  }

  private long[] readNumbers(String name, String field, int limit, JsonReader json)
      throws IOException {
    expect(json, JsonToken.BEGIN_ARRAY, "an array", name + "." + field);
    json.beginArray();
    long[] numbers = new long[limit];
    int count = 0;
    while (json.hasNext()) {
      if (count == limit) {
        throw tensor(name, "has more than " + limit + " numbers in " + quote(field));
      }
      expect(json, JsonToken.NUMBER, "a number", name + "." + field);
      numbers[count++] = wholeNumber(name, field, json.nextString());
    }
    json.endArray();
    return Arrays.copyOf(numbers, count);
  }

  /** Only plain digits: Gson itself would take 1e3 and 2.0 for whole numbers. */
  private long wholeNumber(String name, String field, String digits) throws CheckpointException {
    boolean plain = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (plain) {
      try {
        return Long.parseLong(digits);
      } catch (NumberFormatException e) {
        plain = false; // 2^63 and more
      }
    }
    throw tensor(
        name, "has " + quote(digits) + " in " + quote(field) + ", not a whole number below 2^63");
  }

  private void expect(JsonReader json, JsonToken wanted, String article, String where)
      throws IOException {
    JsonToken found = json.peek();
    if (found != wanted) {
      throw damaged(
          "the header has " + found + " where " + quote(where) + " needs " + article, null);
    }
  }

  /** Says how far the header was good: Gson's own positions are not part of its contract. */
  private String after() {
    int count = entries.size();
    return count == 0
        ? " at or before its first tensor"
        : " after tensor " + quote(entries.get(count - 1).name());
  }

  private CheckpointException tensor(String name, String problem) {
    return damaged("tensor " + quote(name) + " " + problem, null);
  }

  private CheckpointException damaged(String problem, Throwable cause) {
    return new CheckpointException(input.file(), problem, DAMAGED, cause);
  }
}
