package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Labels held against scores.
 *
 * @param classes K
 * @param axis of the classes among the scores' axes
 * @param counted the labels' shape with an axis of 1 for the classes, boolean: which labels are not
 *     ignored
 * @param labels the same shape, int64, 0 where the label is ignored
 */
record LabelMap(long classes, int axis, NDArray counted, NDArray labels) {
  /** No label is ignored. */
  static final long NONE = Long.MIN_VALUE;

  /**
   * Checks labels and lays them beside scores.
   *
   * @param leastLabels the number of labels that may occur is this, or that of classes if greater
   * @throws IllegalArgumentException if shapes, types or labels do not fit
   */
  static LabelMap of(
      NDArray scores, NDArray labels, boolean channelLast, long ignored, long leastLabels) {
    Shape shape = Operands.requirePrediction("scores", scores);
    int dimensions = shape.dimension();
    int axis = channelLast ? dimensions - 1 : 1;
    if (dimensions < 2 || shape.get(axis) < 1) {
      throw Operands.misfit(
          "scores",
          channelLast ? "of shape (batch, ..., classes)" : "of shape (batch, classes, ...)",
          shape);
    }
    long[] withOne = shape.getShape().clone();
    withOne[axis] = 1;
    Shape beside = new Shape(withOne);
    Shape without = shape.slice(0, axis).addAll(shape.slice(axis + 1));
    NDArray flat = labels;
    if (labels != null && labels.getShape().equals(beside)) {
      flat = labels.reshape(without);
    }
    NDArray given = Operands.labels("labels", flat, without).reshape(beside);
    NDArray counted = ignored == NONE ? given.eq(given) : given.neq(ignored);
    NDArray known = given.mul(counted.toType(DataType.INT64, false));
    long classes = shape.get(axis);
    Operands.requireBetween("labels", known, 0, Math.max(leastLabels, classes) - 1);
    return new LabelMap(classes, axis, counted, known);
  }
}
