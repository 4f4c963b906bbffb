package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * What a {@linkplain SelectiveScan selective scan} works on.
 *
 * @param directions at least one, all over the same batch, tokens and channels
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
   * @throws IllegalArgumentException if they do not
   */
  public SelectiveScanArguments {
    directions = List.copyOf(directions);
    if (directions.isEmpty()) {
      throw new IllegalArgumentException("a scan needs at least one direction");
    }
    ScanDirection first = directions.get(0);
    long batch = first.u().array().getShape().get(0);
    for (ScanDirection direction : directions) {
      if (direction.channels() != first.channels()
          || direction.path().tokens() != first.path().tokens()
          || direction.u().array().getShape().get(0) != batch) {
        throw new IllegalArgumentException(
            "all directions must share batch, tokens and channels, but one is "
                + direction.u()
                + " and another "
                + first.u());
      }
    }
    if (gate != null
        && (gate.width() != first.channels()
            || gate.array().getShape().get(0) != batch
            || gate.array().getShape().get(1) != first.path().tokens())) {
      throw new IllegalArgumentException(
          "the gate must be ("
              + batch
              + ", "
              + first.path().tokens()
              + ", "
              + first.channels()
              + "), but is "
              + gate);
    }
  }

  /**
   * B, the number of sequences.
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
