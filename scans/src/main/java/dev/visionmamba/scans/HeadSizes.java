package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * The sizes of a state-space model with several heads.
 *
 * @param batch B, the number of sequences
 * @param tokens L, the number of tokens of a sequence
 * @param heads H
 * @param headSize P, the channels of a head
 * @param groups G, which share B and C among H/G heads each
 * @param states N
 */
record HeadSizes(long batch, long tokens, long heads, long headSize, long groups, long states) {

  /**
   * The sizes of an input x (B, L, H, P) and a matrix B (B, L, G, N).
   *
   * @throws IllegalArgumentException naming the one that does not fit or has been closed
   */
  static HeadSizes of(NDArray x, NDArray b) {
    Shape shape = shapeOfHeads("x", x, "(B, L, H, P)");
    long heads = shape.get(2);
    Shape grouped = Operands.shape("B", b);
    if (!isGrouped(grouped, shape.get(0), heads) || grouped.get(1) != shape.get(1)) {
      throw Operands.misfit("B", grouped(shape.get(0), shape.get(1), "N", heads), grouped);
    }
    Operands.requireLike("B", b, "x", x);
    return new HeadSizes(
        shape.get(0), shape.get(1), heads, shape.get(3), grouped.get(2), grouped.get(3));
  }

  /**
   * The sizes of hidden states (B, H, N, P) and a matrix C (B, L, G, N).
   *
   * @throws IllegalArgumentException naming the one that does not fit or has been closed
   */
  static HeadSizes ofHidden(NDArray hidden, NDArray c) {
    Shape shape = shapeOfHeads("the hidden states", hidden, "(B, H, N, P)");
    long heads = shape.get(1);
    long states = shape.get(2);
    Shape grouped = Operands.shape("C", c);
    if (!isGrouped(grouped, shape.get(0), heads) || grouped.get(3) != states) {
      throw Operands.misfit("C", grouped(shape.get(0), "L", states, heads), grouped);
    }
    Operands.requireLike("C", c, "the hidden states", hidden);
    return new HeadSizes(shape.get(0), grouped.get(1), heads, shape.get(3), grouped.get(2), states);
  }

  private static Shape shapeOfHeads(String name, NDArray array, String axes) {
    Shape shape = Operands.shape(name, array);
    if (shape.dimension() != 4 || shape.get(1) < 1 || shape.get(2) < 1 || shape.get(3) < 1) {
      throw Operands.misfit(name, axes + " with no empty axis but B", shape);
    }
    Operands.requireFloating(name, array);
    return shape;
  }

  private static boolean isGrouped(Shape matrix, long batch, long heads) {
    return matrix.dimension() == 4
        && matrix.get(0) == batch
        && matrix.get(1) > 0
        && matrix.get(2) > 0
        && heads % matrix.get(2) == 0
        && matrix.get(3) > 0;
  }

  private static String grouped(long batch, Object tokens, Object states, long heads) {
    return "(" + batch + ", " + tokens + ", G, " + states + ") with G a divisor of " + heads;
  }

  /**
   * Refuses an array of another shape, type or device than x has; null stands for one that is left
   * out.
   */
  static void require(String name, NDArray array, NDArray x, Shape wanted) {
    if (array != null) {
      Shape shape = Operands.shape(name, array);
      if (!shape.equals(wanted)) {
        throw Operands.misfit(name, wanted, shape);
      }
      Operands.requireLike(name, array, "x", x);
    }
  }

  /** K = H/G, the heads of a group. */
  long headsOfGroup() {
    return heads / groups;
  }
}
