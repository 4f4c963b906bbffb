package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a {@linkplain SelectiveScan selective scan} works on.
 *
 * @param directions at least one, all over the same batch, tokens and channels, of one type and on
 *     one device
 * @param gate z, (B, L, D): the merged output is multiplied by SiLU(z); null for none
 * @param merge how the directions' outputs become one
 * @param deltaSoftplus whether softplus is applied to delta + bias
 */
public record SelectiveScanArguments(
    List<ScanDirection> directions, Columns gate, Merge merge, boolean deltaSoftplus) {

  /** How the outputs of several directions become one. */
  public enum Merge {
    /** They are added. */
    SUM,
    /** They are added and divided by the number of directions. */
    MEAN
  }

  /**
   * Checks that the directions and the gate fit each other.
   *
   * @throws NullPointerException naming what is missing
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public SelectiveScanArguments {
    Objects.requireNonNull(directions, "directions");
    Objects.requireNonNull(merge, "merge");
    if (directions.isEmpty()) {
      throw new IllegalArgumentException("a scan needs at least one direction");
    }
    for (int k = 0; k < directions.size(); k++) {
      if (directions.get(k) == null) {
        throw new NullPointerException("direction " + k);
      }
    }
    directions = List.copyOf(directions);
    Columns first = directions.get(0).u();
    Shape shape = Operands.shape("u", first.array());
    for (int k = 1; k < directions.size(); k++) {
      Columns u = directions.get(k).u();
      String name = "u of direction " + k;
      Operands.requireColumns(name, u, shape.get(0), shape.get(1), first.width());
      Operands.requireLike(name, u.array(), "u of direction 0", first.array());
    }
    if (gate != null) {
      Operands.requireColumns("the gate", gate, shape.get(0), shape.get(1), first.width());
      Operands.requireLike("the gate", gate.array(), "u", first.array());
    }
  }

  /** Refuses operands that have been closed since the checks. */
  void requireOpen() {
    directions.forEach(ScanDirection::requireOpen);
    if (gate != null) {
      Operands.requireOpen("the gate", gate.array());
    }
  }

  /**
   * Refuses a gradient that cannot be that of the output.
   *
   * @throws NullPointerException if there is none
   * @throws IllegalArgumentException if it is not like the output or has been closed
   */
  void requireOutputGradient(NDArray gradient) {
    String name = "the output's gradient";
    Shape wanted = new Shape(batch(), tokens(), channels());
    Shape shape = Operands.shape(name, gradient);
    if (!shape.equals(wanted)) {
      throw Operands.misfit(name, wanted, shape);
    }
    Operands.requireParameter(name, gradient, "u", directions.get(0).u().array());
  }

  /**
   * B, the number of sequences; of none, the output and the gradients are empty or zero.
   *
   * @return at least 0
   */
  public int batch() {
    return Math.toIntExact(directions.get(0).u().array().getShape().get(0));
  }

  /**
   * L, the number of tokens of a sequence.
   *
   * @return at least 1
   */
  public int tokens() {
    return directions.get(0).path().tokens();
  }

  /**
   * D, the number of channels.
   *
   * @return at least 1
   */
  public int channels() {
    return directions.get(0).channels();
  }

  /**
   * What the sum over directions is multiplied by.
   *
   * @return 1 for a sum, 1 / directions for a mean
   */
  public float scale() {
    return merge == Merge.MEAN ? 1f / directions.size() : 1f;
  }

  /**
   * Every array that the scan reads, each once, in a fixed order.
   *
   * @return the arrays
   */
  public NDList arrays() {
    Set<NDArray> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    NDList arrays = new NDList();
    for (ScanDirection direction : directions) {
      for (Columns columns :
          List.of(direction.u(), direction.delta(), direction.b(), direction.c())) {
        addOnce(columns.array(), seen, arrays);
      }
      addOnce(direction.a(), seen, arrays);
      addOnce(direction.d(), seen, arrays);
      addOnce(direction.deltaBias(), seen, arrays);
      addOnce(direction.deltaWeight(), seen, arrays);
    }
    addOnce(gate == null ? null : gate.array(), seen, arrays);
    return arrays;
  }

  private static void addOnce(NDArray array, Set<NDArray> seen, NDList arrays) {
    if (array != null && seen.add(array)) {
      arrays.add(array);
    }
  }
}
