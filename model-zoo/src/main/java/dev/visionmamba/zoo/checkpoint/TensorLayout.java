package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Checks that the entries of a header tile the file's data: each tensor's bytes fit its shape, they
 * follow each other without hole or overlap, and the last ends where the file ends.
 */
final class TensorLayout {
  private TensorLayout() {}

  /** Returns the entries in the order of their bytes, or says which one is wrong. */
  static List<TensorEntry> check(
      List<TensorEntry> entries, long dataStart, long fileLength, String file)
      throws CheckpointException {
    for (TensorEntry entry : entries) {
      checkSize(entry, file);
    }
    List<TensorEntry> ordered = new ArrayList<>(entries);
    // Stable, so that empty tensors at one offset keep the header's order.
    ordered.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    long next = 0;
    String before = null;
    for (TensorEntry entry : ordered) {
      if (entry.begin() != next) {
        throw new CheckpointException(
            file, misplaced(entry, next, before), SafetensorsHeaderParser.DAMAGED);
      }
      next = entry.end();
      before = entry.name();
    }
    checkEnd(next, before, dataStart, fileLength, file);
    return ordered;
  }

  private static void checkSize(TensorEntry entry, String file) throws CheckpointException {
    String problem = null;
    long bytes = byteCount(entry.shape(), entry.type().bytes());
    if (bytes < 0) {
      problem = "needs more than 2^63 bytes for its shape " + entry.shape();
    } else if (entry.begin() > entry.end()) {
      problem = "ends before it begins";
    } else if (entry.end() - entry.begin() != bytes) {
      problem =
          String.format(
              "needs %d bytes for its shape %s of %s but has %d",
              bytes, entry.shape(), entry.dtype(), entry.end() - entry.begin());
    }
    if (problem != null) {
      throw new CheckpointException(
          file,
          "tensor " + quote(entry.name()) + " " + problem + " " + range(entry),
          SafetensorsHeaderParser.DAMAGED);
    }
  }

  /**
   * Bytes of a tensor of this shape; -1 when they, or with a 0 in the shape those of the other
   * dimensions, do not fit a long (libtorch multiplies them for its strides).
   */
  static long byteCount(Shape shape, int elementBytes) {
    long nonEmpty = elementBytes;
    boolean empty = false;
    try {
      for (int i = 0; i < shape.dimension(); i++) {
        if (shape.get(i) == 0) {
          empty = true;
        } else {
          nonEmpty = Math.multiplyExact(nonEmpty, shape.get(i));
        }
      }
    } catch (ArithmeticException e) {
      return -1;
    }
    return empty ? 0 : nonEmpty;
  }

  private static String misplaced(TensorEntry entry, long next, String before) {
    String tensor = "tensor " + quote(entry.name()) + " " + range(entry);
    if (entry.begin() < next) {
      return tensor + " overlaps tensor " + quote(before) + ", which ends at data byte " + next;
    }
    return before == null
        ? tensor + " is the first, but leaves a hole of " + entry.begin() + " bytes before it"
        : String.format(
            "%s leaves a hole of %d bytes after tensor %s, which ends at data byte %d",
            tensor, entry.begin() - next, quote(before), next);
  }

  private static void checkEnd(
      long dataEnd, String last, long dataStart, long fileLength, String file)
      throws CheckpointException {
    long dataBytes = fileLength - dataStart;
    if (dataEnd > dataBytes) {
      throw new CheckpointException(
          file,
          String.format(
              "is truncated: tensor %s ends at data byte %d, but the data has %d bytes",
              quote(last), dataEnd, dataBytes),
          "fetch the file again");
    }
    if (dataEnd < dataBytes) {
      throw new CheckpointException(
          file,
          String.format(
              "has %d bytes after its last tensor, from byte %d of the file on",
              dataBytes - dataEnd, dataStart + dataEnd),
          SafetensorsHeaderParser.DAMAGED);
    }
  }

  private static String range(TensorEntry entry) {
    return "(data bytes " + entry.begin() + " to " + entry.end() + ")";
  }
}
