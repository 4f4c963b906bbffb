package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
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
    NDArray deltaWeight) {

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
    long batch = Operands.shape("u", u.array()).get(0);
    Operands.requireColumns("u", u, batch, path.tokens(), channels);
    Operands.requireColumns(
        "delta", delta, batch, parameterPath.tokens(), rank(deltaWeight, channels));
    Shape decay = Operands.shape("A", a);
    if (decay.dimension() != 2 || decay.get(0) != channels || decay.get(1) < 1) {
      throw Operands.misfit("A", "(" + channels + ", states)", decay);
    }
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          groups + " groups do not divide " + channels + " channels evenly");
    }
    long states = decay.get(1);
    Operands.requireColumns("B", b, batch, parameterPath.tokens(), groups * states);
    Operands.requireColumns("C", c, batch, parameterPath.tokens(), groups * states);
    Operands.requireVector("D", d, channels);
    Operands.requireVector("the delta bias", deltaBias, channels);
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

  /** How many columns delta has. */
  private static int rank(NDArray deltaWeight, int channels) {
    if (deltaWeight == null) {
      return channels;
    }
    Shape shape = Operands.shape("the delta weight", deltaWeight);
    if (shape.dimension() != 2 || shape.get(0) != channels || shape.get(1) < 1) {
      throw Operands.misfit("the delta weight", "(" + channels + ", rank)", shape);
    }
    return Math.toIntExact(shape.get(1));
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
    this(path, parameterPath, u, delta, b, c, a, d, deltaBias, groups, null);
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
    this(path, path, u, delta, b, c, a, d, deltaBias, 1, null);
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
