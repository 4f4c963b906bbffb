package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.scans.Columns;
import java.util.IdentityHashMap;
import java.util.Map;

/** The gradients of an operator's arrays, zero at first, and where in them an operand's lie. */
final class GradientRows {
  private final NDList gradients = new NDList();
  private final Map<NDArray, NDArray> gradientOf = new IdentityHashMap<>();
  private final boolean vector;

  GradientRows(NDList arrays, NDManager manager, boolean vector) {
    this.vector = vector;
    for (NDArray array : arrays) {
      NDArray gradient = manager.zeros(array.getShape(), array.getDataType());
      gradients.add(gradient);
      gradientOf.put(array, gradient);
    }
  }

  /** The gradients, in the order of the arrays. */
  NDList arrays() {
    return gradients;
  }

  /** The rows of the gradient of some columns. */
  Rows of(Columns columns) {
    NDArray gradient = gradientOf.get(columns.array());
    return Rows.of(new Columns(gradient, columns.from(), columns.to()), vector);
  }

  /** The gradient of a whole array, as its memory. */
  java.nio.FloatBuffer floats(NDArray array) {
    return gradientOf.get(array).toByteBuffer(true).asFloatBuffer();
  }
}
