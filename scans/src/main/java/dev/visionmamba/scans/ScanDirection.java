package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/**
 * One direction of a {@linkplain SelectiveScan selective scan}: the path and the operands of its
 * recurrence, all of one floating-point type and on one device; where the tokens are float16, A, D,
 * the delta bias and the delta weight are better float32. With D channels, N states and G groups:
 *
 * @param path the order in which tokens are visited
 * @param parameterPath the order in which delta, B and C are read, as many steps as {@code path};
 *     usually the same path
 * @param u the input, (B, L, D)
 * @param delta the step sizes before bias and softplus, (B, L, D), or, with {@code deltaWeight},
 *     what they are projected from, (B, L, R)
 * @param b the input matrix, (B, L, G*N)
 * @param c the output matrix, (B, L, G*N)
 * @param a the real diagonal state matrix, (D, N), its entries at most 0
 * @param d the skip weights, (D); null for none
 * @param deltaBias added to delta, (D); null for none
 * @param groups G, a divisor of D: channel i reads group i / (D/G) of B and C
 * @param deltaWeight (D, R): the step sizes are delta times its transpose, computed as they are
 *     needed and never stored; null if delta has them
 * @param index where A, D, the delta bias and the delta weight hold those of several directions
 *     below each other, (K*D, ...): which D rows are this one's, 0..K-1
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
    int groups,
    NDArray deltaWeight,
    int index) {

  /**
   * Checks that the operands fit each other: their shapes, one floating-point type, one device.
   *
   * @throws NullPointerException naming the operand that is missing
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public ScanDirection {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(parameterPath, "parameterPath");
    if (path.steps() != parameterPath.steps()) {
      throw Operands.misfit(
          "the parameter path", path.steps() + " steps", parameterPath.steps() + " steps");
    }
    int channels = Objects.requireNonNull(u, "u").width();
    if (index < 0) {
      throw Operands.misfit("the index of the direction", "at least 0", index);
    }
    long batch = Operands.shape("u", u.array()).get(0);
    long states = requireMatrix("A", a, channels, index, "states").get(1);
    long rank =
        deltaWeight == null
            ? 0
            : requireMatrix("the delta weight", deltaWeight, channels, index, "rank").get(1);
    Operands.requireColumns("u", u, batch, path.tokens(), channels);
    Operands.requireColumns(
        "delta", delta, batch, parameterPath.tokens(), deltaWeight == null ? channels : rank);
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          groups + " groups do not divide " + channels + " channels evenly");
    }
    Operands.requireColumns("B", b, batch, parameterPath.tokens(), groups * states);
    Operands.requireColumns("C", c, batch, parameterPath.tokens(), groups * states);
    long rows = a.getShape().get(0);
    if (deltaWeight != null && deltaWeight.getShape().get(0) != rows) {
      throw Operands.misfit(
          "the delta weight", rows + " rows as A has", deltaWeight.getShape().get(0) + " rows");
    }
    Operands.requireVector("D", d, rows);
    Operands.requireVector("the delta bias", deltaBias, rows);
    NDArray input = u.array();
    Operands.requireFloating("u", input);
    Operands.requireLike("delta", delta.array(), "u", input);
    Operands.requireLike("B", b.array(), "u", input);
    Operands.requireLike("C", c.array(), "u", input);
    Operands.requireParameter("A", a, "u", input);
    Operands.requireParameter("D", d, "u", input);
    Operands.requireParameter("the delta bias", deltaBias, "u", input);
    Operands.requireParameter("the delta weight", deltaWeight, "u", input);
  }

  /** The shape of a parameter of one direction or of several. */
  private static Shape requireMatrix(
      String name, NDArray parameter, int channels, int index, String columns) {
    Shape shape = Operands.shape(name, parameter);
    boolean fits =
        shape.dimension() == 2
            && shape.get(1) >= 1
            && shape.get(0) % channels == 0
            && index < shape.get(0) / channels;
    if (!fits) {
      String wanted =
          index == 0
              ? "(%d, %s)".formatted(channels, columns)
              : "(K*%d, %s) with K at least %d, to hold direction %d"
                  .formatted(channels, columns, index + 1L, index);
      throw Operands.misfit(name, wanted, shape);
    }
    return shape;
  }

  /**
   * A direction with parameters of its own.
   *
   * @param path the order in which tokens are visited
   * @param parameterPath the order in which delta, B and C are read
   * @param u the input, (B, L, D)
   * @param delta the step sizes before bias and softplus, or what they are projected from
   * @param b the input matrix, (B, L, G*N)
   * @param c the output matrix, (B, L, G*N)
   * @param a the state matrix, (D, N)
   * @param d the skip weights, (D); null for none
   * @param deltaBias added to delta, (D); null for none
   * @param groups G, a divisor of D
   * @param deltaWeight (D, R); null if delta has the step sizes
   */
  public ScanDirection(
      ScanPath path,
      ScanPath parameterPath,
      Columns u,
      Columns delta,
      Columns b,
      Columns c,
      NDArray a,
      NDArray d,
      NDArray deltaBias,
      int groups,
      NDArray deltaWeight) {
    this(path, parameterPath, u, delta, b, c, a, d, deltaBias, groups, deltaWeight, 0);
  }

  /**
   * A direction whose step sizes are given themselves.
   *
   * @param path the order in which tokens are visited
   * @param parameterPath the order in which delta, B and C are read
   * @param u the input, (B, L, D)
   * @param delta the step sizes before bias and softplus, (B, L, D)
   * @param b the input matrix, (B, L, G*N)
   * @param c the output matrix, (B, L, G*N)
   * @param a the state matrix, (D, N)
   * @param d the skip weights, (D); null for none
   * @param deltaBias added to delta, (D); null for none
   * @param groups G, a divisor of D
   */
  public ScanDirection(
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
    this(path, parameterPath, u, delta, b, c, a, d, deltaBias, groups, null, 0);
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
    this(path, path, u, delta, b, c, a, d, deltaBias, 1, null, 0);
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

  /**
   * This direction's rows of A, D, the delta bias or the delta weight, or of their gradients.
   *
   * @param parameter (K*D, ...); null for none
   * @return (D, ...): the array itself if it holds no other's, else a view in its manager
   */
  public NDArray rowsOf(NDArray parameter) {
    if (parameter == null || parameter.getShape().get(0) == channels()) {
      return parameter;
    }
    long first = (long) index * channels();
    return parameter.get(new NDIndex().addSliceDim(first, first + channels()));
  }

  /** Refuses operands that have been closed since the checks. */
  void requireOpen() {
    Operands.requireOpen("u", u.array());
    Operands.requireOpen("delta", delta.array());
    Operands.requireOpen("B", b.array());
    Operands.requireOpen("C", c.array());
    Operands.requireOpen("A", a);
    Operands.requireOpen("D", d);
    Operands.requireOpen("the delta bias", deltaBias);
    Operands.requireOpen("the delta weight", deltaWeight);
  }
}
