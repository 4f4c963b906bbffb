package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The index of safetensors files that hold one state dict together, {@code
 * model.safetensors.index.json}: a JSON object whose {@code weight_map} says in which file a tensor
 * is.
 */
final class ShardedSafetensors {
  private static final int MAX_BYTES = 1 << 24;
  private static final int MAX_DEPTH = 32;
  private static final String DAMAGED = "the index is damaged: fetch it again";

  private ShardedSafetensors() {}

  /** The file names by tensor; each is the plain name of a file. */
  static Map<String, String> readIndex(CheckpointInput input) throws CheckpointException {
    if (input.length() > MAX_BYTES) {
      throw new CheckpointException(
          input.file(), "starts as JSON, but has more than " + MAX_BYTES + " bytes", DAMAGED);
    }
    byte[] text = new byte[(int) input.length()];
    input.seek(0);
    input.fill(ByteBuffer.wrap(text), "the index");
    Map<String, String> files = null;
    try (JsonReader json =
        new JsonReader(
            new InputStreamReader(
                new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder()))) {
      json.setStrictness(Strictness.STRICT);
      json.setNestingLimit(MAX_DEPTH);
      json.beginObject();
      while (json.hasNext()) {
        if (json.nextName().equals("weight_map") && files == null) {
          files = readMap(json, input.file());
        } else {
          json.skipValue();
        }
      }
      json.endObject();
      json.peek(); // throws if anything but white space follows
    } catch (CheckpointException e) {
      throw e;
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new CheckpointException(input.file(), "is not valid JSON", DAMAGED, e);
    }
    if (files == null) {
      throw new CheckpointException(
          input.file(), "is JSON without a \"weight_map\"", "give the path of a checkpoint");
    }
    return files;
  }

  private static Map<String, String> readMap(JsonReader json, String file) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    json.beginObject();
    while (json.hasNext()) {
      String tensor = json.nextName();
      if (json.peek() != JsonToken.STRING) {
        throw new CheckpointException(file, "names no file for tensor " + quote(tensor), DAMAGED);
      }
      String shard = json.nextString();
      if (!shard.matches("[A-Za-z0-9_][A-Za-z0-9_.+-]{0,250}")) {
        throw new CheckpointException(
            file,
            "names the file " + quote(shard) + ", which is no plain name of a file beside it",
            "do not trust the file");
      }
      if (files.put(tensor, shard) != null || files.size() > SafetensorsHeaderParser.MAX_TENSORS) {
        throw new CheckpointException(
            file, "has the tensor " + quote(tensor) + " twice, or too many", DAMAGED);
      }
    }
    json.endObject();
    return files;
  }
}
