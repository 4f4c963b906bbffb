package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Some columns of a float32 token array, as the memory that they lie in. The array must stay open
 * while its rows are used. Rows are moved to and from tiles, [step][stride], on the heap.
 */
final class Rows {
  private final FloatBuffer floats;
  private final int tokens;
  private final int width;
  private final int from;

  private Rows(FloatBuffer floats, int tokens, int width, int from) {
    this.floats = floats;
    this.tokens = tokens;
    this.width = width;
    this.from = from;
  }

  /** Rows to read. A non-contiguous array is read from a copy. */
  static Rows of(Columns columns) {
    return of(columns.array()).from(columns.from());
  }

  /** Rows to read or write; to be written, the array (B, L, W) must be contiguous. */
  static Rows of(NDArray array) {
    Shape shape = array.getShape();
    return new Rows(floats(array), Math.toIntExact(shape.get(1)), Math.toIntExact(shape.get(2)), 0);
  }

  /** The memory of a contiguous float32 array. */
  static FloatBuffer floats(NDArray array) {
    if (array.getShape().size() * Float.BYTES > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "an array of "
              + array.getShape()
              + " exceeds the 2 GB that a scan can address; use a smaller batch");
    }
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** The same rows from another column on. */
  Rows from(int column) {
    return new Rows(floats, tokens, width, column);
  }

  private int at(int sequence, int token, int column) {
    return (sequence * tokens + token) * width + from + column;
  }

  /** tile[i][offset...] = rows[path[start + i]][column...column+count]. */
  void gather(
      int sequence,
      int[] path,
      int start,
      int steps,
      int column,
      int count,
      float[] tile,
      int stride,
      int offset) {
    for (int i = 0; i < steps; i++) {
      floats.get(at(sequence, path[start + i], column), tile, i * stride + offset, count);
    }
  }

  /** rows[path[start + i]][column...column+count] = tile[i][offset...]. */
  void scatter(
      int sequence,
      int[] path,
      int start,
      int steps,
      int column,
      int count,
      float[] tile,
      int stride,
      int offset) {
    for (int i = 0; i < steps; i++) {
      floats.put(at(sequence, path[start + i], column), tile, i * stride + offset, count);
    }
  }

  /** rows[path[start + i]][column...column+count] += tile[i][offset...]; scratch holds a row. */
  void accumulate(
      int sequence,
      int[] path,
      int start,
      int steps,
      int column,
      int count,
      float[] tile,
      int stride,
      int offset,
      float[] scratch) {
    for (int i = 0; i < steps; i++) {
      int at = at(sequence, path[start + i], column);
      int from = i * stride + offset;
      floats.get(at, scratch, 0, count);
      for (int j = 0; j < count; j++) {
        scratch[j] += tile[from + j];
      }
      floats.put(at, scratch, 0, count);
    }
  }

  /** Puts one element. */
  void put(int sequence, int token, int column, float value) {
    floats.put(at(sequence, token, column), value);
  }
}
