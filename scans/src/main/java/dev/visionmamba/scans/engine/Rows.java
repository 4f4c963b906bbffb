package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Some columns of a float32 token array, as the memory that they lie in. The array must stay open
 * while its rows are used.
 */
final class Rows {
  /** The same memory in the form that the vector kernel loads from; null in the plain engine. */
  final Object memory;

  final FloatBuffer floats;
  private final int tokens;
  private final int stride;
  private final int from;

  private Rows(NDArray array, int from, boolean vector) {
    Shape shape = array.getShape();
    this.tokens = Math.toIntExact(shape.get(1));
    this.stride = Math.toIntExact(shape.get(2));
    this.from = from;
    if (shape.size() * Float.BYTES > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "an array of " + shape + " exceeds the 2 GB that one scan can address; use less batch");
    }
    ByteBuffer bytes = array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
    this.floats = bytes.asFloatBuffer();
    this.memory = vector ? VectorMemory.of(bytes) : null;
  }

  /** Rows to read. A non-contiguous array is read from a copy. */
  static Rows of(Columns columns, boolean vector) {
    return new Rows(columns.array(), columns.from(), vector);
  }

  /** Rows to read or write; to be written, the array must be contiguous. */
  static Rows of(NDArray array, boolean vector) {
    return new Rows(array, 0, vector);
  }

  /** The index, in floats, of an element. */
  int at(int batch, int token, int channel) {
    return (batch * tokens + token) * stride + from + channel;
  }

  /** How far apart the rows of neighbouring tokens lie, in floats. */
  int stride() {
    return stride;
  }
}
