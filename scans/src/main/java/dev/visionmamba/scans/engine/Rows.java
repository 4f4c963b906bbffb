package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.function.Function;

/**
 * Some columns of a float32 token array, as the memory that they lie in. The array must stay open
 * while its rows are used. Rows are moved to and from tiles, [step][stride], on the heap.
 */
final class Rows {
  /** Up to so many floats, a loop is faster than a bulk copy. */
  private static final int SHORT = 8;

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

  /** Some columns of a row, and where they lie in a row of a tile. */
  record Span(int column, int count, int offset) {}

  /** Rows to read. A non-contiguous array is read from a copy. */
  static Rows of(Columns columns) {
    return of(columns, Rows::floats);
  }

  /**
   * Rows to read.
   *
   * @param memory of an array
   */
  static Rows of(Columns columns, Function<NDArray, FloatBuffer> memory) {
    NDArray array = columns.array();
    return of(array, memory.apply(array)).from(columns.from());
  }

  /** Rows to read or write; to be written, the array (B, L, W) must be contiguous. */
  static Rows of(NDArray array) {
    return of(array, floats(array));
  }

  private static Rows of(NDArray array, FloatBuffer floats) {
    Shape shape = array.getShape();
    return new Rows(floats, Math.toIntExact(shape.get(1)), Math.toIntExact(shape.get(2)), 0);
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

  /** Whether other rows are of the same array and begin where so many columns of these end. */
  boolean endAt(Rows next, int columns) {
    return floats == next.floats && from + columns == next.from;
  }

  /** Whether other rows are of the same array. */
  boolean isOfArray(Rows other) {
    return floats == other.floats;
  }

  /** Columns of the array. */
  int width() {
    return width;
  }

  /** Where in a row of the array these begin. */
  int firstColumn() {
    return from;
  }

  private int at(int sequence, int token, int column) {
    return (sequence * tokens + token) * width + from + column;
  }

  /** to[at...] = some columns of a row. */
  void get(int sequence, int token, int column, int count, float[] to, int at) {
    int first = at(sequence, token, column);
    if (count <= SHORT) {
      for (int i = 0; i < count; i++) {
        to[at + i] = floats.get(first + i);
      }
    } else {
      floats.get(first, to, at, count);
    }
  }

  /** Some columns of a row = values[at...]. */
  void put(int sequence, int token, int column, int count, float[] values, int at) {
    int first = at(sequence, token, column);
    if (count <= SHORT) {
      for (int i = 0; i < count; i++) {
        floats.put(first + i, values[at + i]);
      }
    } else {
      floats.put(first, values, at, count);
    }
  }

  /** tile[i][span] = rows[token of step i][span]. */
  void gather(int sequence, Steps steps, Span span, float[] tile, int stride) {
    if (isOneCopy(steps, span, stride)) {
      floats.get(at(sequence, steps.token(0), 0), tile, span.offset, steps.count() * stride);
      return;
    }
    for (int i = 0; i < steps.count(); i++) {
      get(sequence, steps.token(i), span.column, span.count, tile, i * stride + span.offset);
    }
  }

  /** to[token][span] = rows[token][span] for all tokens. */
  void copy(int sequence, Span span, float[] to, int stride) {
    if (span.count == width && stride == width) {
      floats.get(at(sequence, 0, 0), to, 0, tokens * width);
      return;
    }
    for (int token = 0; token < tokens; token++) {
      get(sequence, token, span.column, span.count, to, token * stride + span.offset);
    }
  }

  /** rows[token of step i][span] = tile[i][span]. */
  void scatter(int sequence, Steps steps, Span span, float[] tile, int stride) {
    if (isOneCopy(steps, span, stride)) {
      floats.put(at(sequence, steps.token(0), 0), tile, span.offset, steps.count() * stride);
      return;
    }
    for (int i = 0; i < steps.count(); i++) {
      put(sequence, steps.token(i), span.column, span.count, tile, i * stride + span.offset);
    }
  }

  /** rows[token of step i][span] += tile[i][span]; scratch holds a row of the span. */
  void accumulate(int sequence, Steps steps, Span span, float[] tile, int stride, float[] scratch) {
    for (int i = 0; i < steps.count(); i++) {
      int token = steps.token(i);
      int row = i * stride + span.offset;
      get(sequence, token, span.column, span.count, scratch, 0);
      for (int j = 0; j < span.count; j++) {
        scratch[j] += tile[row + j];
      }
      put(sequence, token, span.column, span.count, scratch, 0);
    }
  }

  private boolean isOneCopy(Steps steps, Span span, int stride) {
    return span.count == width && stride == width && steps.areConsecutiveTokens();
  }
}
