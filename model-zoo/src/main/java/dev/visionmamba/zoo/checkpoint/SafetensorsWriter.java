package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Writes safetensors files that {@link SafetensorsHeaderParser} reads back. */
final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  static void write(Path file, Map<String, NDArray> tensors, Map<String, String> metadata)
      throws IOException {
    ByteBuffer header = header(layOut(tensors), metadata);
    AtomicFiles.write(
        file,
        channel -> {
          AtomicFiles.writeAll(channel, header);
          for (NDArray tensor : tensors.values()) {
            writeTensor(tensor, channel);
          }
        });
  }

  private static List<TensorEntry> layOut(Map<String, NDArray> tensors) {
    if (tensors.size() > SafetensorsHeaderParser.MAX_TENSORS) {
      throw new IllegalArgumentException(
          tensors.size() + " tensors; the limit is " + SafetensorsHeaderParser.MAX_TENSORS);
    }
    List<TensorEntry> entries = new ArrayList<>();
    long begin = 0;
    for (Map.Entry<String, NDArray> tensor : tensors.entrySet()) {
      TensorEntry entry = entry(tensor.getKey(), tensor.getValue(), begin);
      entries.add(entry);
      begin = entry.end();
    }
    return entries;
  }

  private static TensorEntry entry(String name, NDArray array, long begin) {
    if (name.equals(SafetensorsHeaderParser.METADATA)) {
      throw refused(name, "has a name that the format reserves");
    }
    StoredType type =
        StoredType.holding(array.getDataType())
            .orElseThrow(
                () -> refused(name, "has the type " + array.getDataType() + ", not supported"));
    if (array.getShape().dimension() > SafetensorsHeaderParser.MAX_RANK) {
      throw refused(name, "has more than " + SafetensorsHeaderParser.MAX_RANK + " dimensions");
    }
    long bytes = TensorLayout.byteCount(array.getShape(), type.bytes());
    if (bytes > Integer.MAX_VALUE) {
      throw refused(name, "has " + bytes + " bytes; the limit is 2 GiB - 1");
    }
    return new TensorEntry(name, type.name(), array.getShape(), begin, begin + bytes);
  }

  private static ByteBuffer header(List<TensorEntry> entries, Map<String, String> metadata)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      if (!metadata.isEmpty()) {
        json.name(SafetensorsHeaderParser.METADATA).beginObject();
        // Sorted: the iteration order of Map.of differs from one JVM to the next.
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          json.name(entry.getKey())
              .value(Objects.requireNonNull(entry.getValue(), "a metadata text is null"));
        }
        json.endObject();
      }
      for (TensorEntry entry : entries) {
        json.name(entry.name()).beginObject().name("dtype").value(entry.dtype());
        json.name("shape").beginArray();
        for (long dimension : entry.shape().getShape()) {
          json.value(dimension);
        }
        json.endArray().name("data_offsets").beginArray();
        json.value(entry.begin()).value(entry.end()).endArray().endObject();
      }
      json.endObject();
    }
    ByteBuffer utf8;
    try {
      utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text.getBuffer()));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a name or text is not well-formed Unicode", e);
    }
    int padded = (utf8.remaining() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (padded > SafetensorsHeaderParser.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header would have more than 100 MB: shorten the metadata");
    }
    ByteBuffer header = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(padded).put(utf8);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static void writeTensor(NDArray tensor, WritableByteChannel channel) throws IOException {
    if (tensor.isEmpty()) {
      return;
    }
    // The alias takes the copy that a strided or a GPU array needs into the scope.
    try (NDManager scope = tensor.getManager().newSubManager()) {
      NDArray alias = tensor.stopGradient();
      alias.attach(scope);
      AtomicFiles.writeAll(channel, alias.toByteBuffer(true));
    }
  }

  private static IllegalArgumentException refused(String name, String problem) {
    return new IllegalArgumentException("tensor " + quote(name) + " " + problem);
  }
}
