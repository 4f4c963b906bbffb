package dev.visionmamba.zoo.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file: its tensors cover the data without hole or overlap, and
 * each one's bytes are what its shape and type need. {@link Safetensors#readHeader} gives it.
 */
public final class SafetensorsHeader {
  private final long dataStart;
  private final List<TensorEntry> tensors;
  private final Map<String, String> metadata;

  SafetensorsHeader(long dataStart, List<TensorEntry> tensors, Map<String, String> metadata) {
    this.dataStart = dataStart;
    this.tensors = List.copyOf(tensors);
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * Returns where the tensors' bytes start.
   *
   * @return the offset in the file to which every entry's {@code begin} and {@code end} are added
   */
  public long dataStart() {
    return dataStart;
  }

  /**
   * Returns the tensors.
   *
   * @return the entries in the order of their bytes in the file; cannot be changed
   */
  public List<TensorEntry> tensors() {
    return tensors;
  }

  /**
   * Returns the file's {@code __metadata__}.
   *
   * @return texts by key in the header's order, empty when the file has none; cannot be changed
   */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Returns a short summary: how many tensors of how many bytes. */
  @Override
  public String toString() {
    long bytes = tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
    return "SafetensorsHeader[" + tensors.size() + " tensors, " + bytes + " bytes]";
  }
}
