package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/**
 * Token arrays put into the order of a path and back, for operators that are made of DJL's own
 * operations. Autograd sees through both ways.
 */
public final class TokenOrder {
  private TokenOrder() {}

  /**
   * The tokens in the order in which a path of T steps visits them.
   *
   * @param tokens (B, L, ...), one row for each of the path's tokens
   * @param path the path
   * @return (B, T, ...): row t is token {@code path[t]}; the array itself if the path visits all
   *     tokens as they lie
   */
  public static NDArray alongPath(NDArray tokens, ScanPath path) {
    return isRaster(path) ? tokens : pick(tokens, path.order());
  }

  /**
   * The rows of a path's T steps at the places of the tokens that they visit.
   *
   * @param steps (B, T, ...), one row for each step of the path
   * @param path the path
   * @return (B, L, ...): row {@code path[t]} is step t, and tokens that were not visited are zero;
   *     the array itself if the path visits all tokens as they lie
   */
  public static NDArray asTheyLie(NDArray steps, ScanPath path) {
    if (isRaster(path)) {
      return steps;
    }
    int[] stepOf = new int[path.tokens()];
    Arrays.fill(stepOf, path.steps()); // a row of zeros behind the last step
    for (int t = 0; t < path.steps(); t++) {
      stepOf[path.token(t)] = t;
    }
    if (path.steps() == path.tokens()) {
      return pick(steps, stepOf);
    }
    long[] shape = steps.getShape().getShape().clone();
    shape[1] = 1;
    NDArray zeros =
        steps.getManager().zeros(new Shape(shape), steps.getDataType(), steps.getDevice());
    return pick(steps.concat(zeros, 1), stepOf);
  }

  private static NDArray pick(NDArray array, int[] rows) {
    long[] index = Arrays.stream(rows).asLongStream().toArray();
    // A copy in libtorch's own memory: autograd saves it, and the garbage collector may take away
    // Java's before the backward pass.
    try (NDArray javas = array.getManager().create(index)) {
      NDArray copy = javas.duplicate();
      return array.get(new NDIndex(":, {}", copy.toDevice(array.getDevice(), false)));
    }
  }

  private static boolean isRaster(ScanPath path) {
    for (int t = 0; t < path.tokens(); t++) {
      if (t >= path.steps() || path.token(t) != t) {
        return false;
      }
    }
    return true;
  }
}
