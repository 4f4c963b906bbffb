package dev.visionmamba.zoo.checkpoint;

/** Where the elements of a strided view lie. */
final class ViewBounds {
  private ViewBounds() {}

  /**
   * Whether every element of a view lies in its storage, and their number fits a long.
   *
   * @param shape no dimension below 0
   * @param strides in elements, none below 0
   * @param offset of the first element, at least 0
   * @param available elements of the storage
   */
  static boolean fits(long[] shape, long[] strides, long offset, long available) {
    try {
      long count = 1;
      long last = offset;
      boolean empty = false;
      for (int i = 0; i < shape.length; i++) {
        if (shape[i] == 0) {
          empty = true;
        } else {
          count = Math.multiplyExact(count, shape[i]);
          last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
        }
      }
      return count >= 0 && (empty || last < available);
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /** Whether the elements lie one after the other in row-major order. */
  static boolean isContiguous(long[] shape, long[] strides) {
    long expected = 1;
    boolean inOrder = true;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] == 0) {
        return true;
      }
      inOrder &= shape[i] == 1 || strides[i] == expected;
      expected *= shape[i];
    }
    return inOrder;
  }

  /** Elements from the first to the last of a view that is not empty, both included. */
  static long span(long[] shape, long[] strides) {
    long last = 0;
    for (int i = 0; i < shape.length; i++) {
      last += (shape[i] - 1) * strides[i];
    }
    return last + 1;
  }
}
