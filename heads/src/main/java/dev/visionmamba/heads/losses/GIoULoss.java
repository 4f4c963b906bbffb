package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Activation;

/**
 * One minus the generalized intersection over union of two boxes (Rezatofighi et al. 2019,
 * arXiv:1902.09630, algorithms 1 and 2). With C the smallest box that holds boxes A and B, and |.|
 * the area:
 *
 * <pre>
 *   GIoU = |A n B| / |A u B| - (|C| - |A u B|) / |C|     loss = 1 - GIoU, within [0, 2]
 * </pre>
 *
 * Boxes are x1 y1 x2 y2. A predicted box whose corners are exchanged is taken with its corners in
 * order, as algorithm 2 does.
 *
 * @param epsilon the least area that is divided by, greater than 0: of two empty boxes at one place
 *     the loss is 1, and its gradient finite
 */
public record GIoULoss(float epsilon) implements BoxLoss {
  /** With the epsilon of mmdet, 1e-6 square pixels. */
  public static final GIoULoss STANDARD = new GIoULoss(1e-6f);

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if epsilon is not finite and greater than 0
   */
  public GIoULoss {
    Operands.requireOption(
        epsilon > 0 && epsilon < Float.POSITIVE_INFINITY,
        "epsilon",
        "finite and greater than 0",
        epsilon);
  }

  /**
   * The loss of each pair of boxes.
   *
   * @param predicted (N, 4), x1 y1 x2 y2, finite
   * @param target (N, 4), of the same type, with x1 &lt;= x2 and y1 &lt;= y2
   * @return (N), each within [0, 2]
   * @throws IllegalArgumentException if shapes or types do not fit
   */
  @Override
  public NDArray rows(NDArray predicted, NDArray target) {
    Operands.requireBoxes(predicted, target);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDList a = corners(predicted); // (N, 2) each: x1 y1, x2 y2
      NDList b = halves(target);
      NDArray left = a.get(0).maximum(b.get(0));
      NDArray right = a.get(1).minimum(b.get(1));
      NDArray intersection = area(Activation.relu(right.sub(left))); // (N, 1)
      NDArray least = Operands.factor(predicted, epsilon);
      NDArray union =
          area(a.get(1).sub(a.get(0)))
              .add(area(b.get(1).sub(b.get(0))))
              .sub(intersection)
              .maximum(least);
      NDArray enclosingSides = a.get(1).maximum(b.get(1)).sub(a.get(0).minimum(b.get(0)));
      NDArray enclosing = area(enclosingSides).maximum(least);
      // 1 - I/U + (C - U)/C = 2 - I/U - U/C
      NDArray shares = intersection.div(union).add(union.div(enclosing));
      NDArray rows = shares.neg().add(2).reshape(-1);
      NDScope.unregister(rows);
      return rows;
    }
  }

  private static NDList halves(NDArray boxes) {
    return boxes.split(new long[] {2}, 1);
  }

  private static NDList corners(NDArray boxes) {
    NDList halves = halves(boxes);
    return new NDList(halves.get(0).minimum(halves.get(1)), halves.get(0).maximum(halves.get(1)));
  }

  /** Width times height, (N, 1), of sides (N, 2). */
  private static NDArray area(NDArray sides) {
    NDList both = sides.split(new long[] {1}, 1);
    return both.get(0).mul(both.get(1));
  }
}
