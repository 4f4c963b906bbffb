package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import java.util.function.UnaryOperator;

/**
 * The gradients of one direction's operands, in the arrays that the caller gave.
 *
 * @param d null if the direction has none
 * @param deltaBias null if the direction has none
 * @param deltaWeight null if the direction has none
 */
record OperandGradients(
    Rows u,
    Rows delta,
    Rows b,
    Rows c,
    NDArray a,
    NDArray d,
    NDArray deltaBias,
    NDArray deltaWeight) {

  /**
   * Finds them.
   *
   * @param gradientOf an operand's array to the gradient of the whole array
   */
  static OperandGradients of(ScanDirection direction, UnaryOperator<NDArray> gradientOf) {
    return new OperandGradients(
        rows(direction.u(), gradientOf),
        rows(direction.delta(), gradientOf),
        rows(direction.b(), gradientOf),
        rows(direction.c(), gradientOf),
        gradientOf.apply(direction.a()),
        gradientOf.apply(direction.d()),
        gradientOf.apply(direction.deltaBias()),
        gradientOf.apply(direction.deltaWeight()));
  }

  /** The gradient of some columns of an array. */
  static Rows rows(Columns columns, UnaryOperator<NDArray> gradientOf) {
    return Rows.of(gradientOf.apply(columns.array())).from(columns.from());
  }
}
