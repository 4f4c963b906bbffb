package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * One direction of a {@linkplain SelectiveScan selective scan}: the path and the operands of its
 * recurrence. With D channels, N states and G groups:
 *
 * @param path the order in which tokens are visited
 * @param parameterPath the order in which delta, B and C are read, as many steps as {@code path};
 *     usually the same path
 * @param u the input, (B, L, D)
 * @param delta the step sizes before bias and softplus, (B, L, D)
 * @param b the input matrix, (B, L, G*N)
 * @param c the output matrix, (B, L, G*N)
 * @param a the real diagonal state matrix, (D, N), its entries at most 0
 * @param d the skip weights, (D); null for none
 * @param deltaBias added to delta, (D); null for none
 * @param groups G, a divisor of D: channel i reads group i / (D/G) of B and C
 */
public record ScanDirection(
    ScanPath path,
    ScanPath parameterPath,
    Columns u,
    Columns delta,
    Columns b,
    Columns c,
    NDArray a,
    NDArray d,
    NDArray deltaBias,
    int groups) {

  /**
   * Checks that the shapes fit each other.
   *
   * @throws IllegalArgumentException naming the operand that does not fit
   */
  public ScanDirection {
    int channels = u.width();
    long batch = u.array().getShape().get(0);
    require(
        a.getShape().dimension() == 2 && a.getShape().get(0) == channels && a.getShape().get(1) > 0,
        "A",
        "(" + channels + ", states)",
        a.getShape());
    long states = a.getShape().get(1);
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          groups + " groups do not divide " + channels + " channels evenly");
    }
    require(delta.width() == channels, "delta", channels + " columns", delta.width());
    require(b.width() == groups * states, "B", groups * states + " columns", b.width());
    require(c.width() == groups * states, "C", groups * states + " columns", c.width());
    requireTokens("u", u, batch, path.tokens());
    requireTokens("delta", delta, batch, parameterPath.tokens());
    requireTokens("B", b, batch, parameterPath.tokens());
    requireTokens("C", c, batch, parameterPath.tokens());
    require(
        path.steps() == parameterPath.steps(),
        "the parameter path",
        path.steps() + " steps",
        parameterPath.steps());
    requireVector("D", d, channels);
    requireVector("the delta bias", deltaBias, channels);
  }

  /**
   * A direction that reads its parameters along the same path as its input, in one group.
   *
   * @param path the order in which tokens are visited
   * @param u the input, (B, L, D)
   * @param delta the step sizes before bias and softplus, (B, L, D)
   * @param b the input matrix, (B, L, N)
   * @param c the output matrix, (B, L, N)
   * @param a the state matrix, (D, N)
   * @param d the skip weights, (D); null for none
   * @param deltaBias added to delta, (D); null for none
   */
  public ScanDirection(
      ScanPath path,
      Columns u,
      Columns delta,
      Columns b,
      Columns c,
      NDArray a,
      NDArray d,
      NDArray deltaBias) {
    this(path, path, u, delta, b, c, a, d, deltaBias, 1);
  }

  /**
   * D, the number of channels.
   *
   * @return at least 1
   */
  public int channels() {
    return u.width();
  }

  /**
   * N, the number of states a channel keeps.
   *
   * @return at least 1
   */
  public int stateSize() {
    return Math.toIntExact(a.getShape().get(1));
  }

  private static void requireTokens(String name, Columns columns, long batch, int tokens) {
    Shape shape = columns.array().getShape();
    require(
        shape.get(0) == batch && shape.get(1) == tokens,
        name,
        "(" + batch + ", " + tokens + ", columns)",
        shape);
  }

  private static void requireVector(String name, NDArray vector, int channels) {
    if (vector != null) {
      require(
          vector.getShape().equals(new Shape(channels)),
          name,
          "(" + channels + ")",
          vector.getShape());
    }
  }

  private static void require(boolean holds, String name, String wanted, Object got) {
    if (!holds) {
      throw new IllegalArgumentException(name + " must be " + wanted + ", but is " + got);
    }
  }
}
