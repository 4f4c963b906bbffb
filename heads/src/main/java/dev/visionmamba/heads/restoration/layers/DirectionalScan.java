package dev.visionmamba.heads.restoration.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.StateSpace;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.util.ArrayList;
import java.util.List;

/**
 * The state spaces of K directions in the parameters of VMamba's first form (arXiv:2401.10166):
 * {@code x_proj_weight} (K, R + 2N, D), {@code dt_projs_weight} (K, D, R), {@code dt_projs_bias}
 * (K, D), {@code A_logs} (K*D, N) and {@code Ds} (K*D), which belong to the block around. With D
 * inner channels, N states and rank R of the step sizes.
 */
public final class DirectionalScan {
  private final int directions; // K
  private final int inner; // D
  private final int states; // N
  private final int rank; // R
  private final Parameter xProj;
  private final Parameter dtProj;
  private final Parameter dtBias;
  private final Parameter aLogs;
  private final Parameter ds;

  /** Adds a parameter to a block. */
  @FunctionalInterface
  public interface ParameterAdder {

    /**
     * Adds a parameter.
     *
     * @param name its name in the state dict
     * @param initializer how it starts
     * @param shape its shape
     * @return the parameter
     */
    Parameter add(String name, Initializer initializer, long... shape);
  }

  /**
   * State spaces in a block.
   *
   * @param block takes the parameters
   * @param directions K
   * @param inner D
   * @param states N
   * @param rank R
   */
  public DirectionalScan(ParameterAdder block, int directions, int inner, int states, int rank) {
    this.directions = directions;
    this.inner = inner;
    this.states = states;
    this.rank = rank;
    long width = rank + 2L * states;
    long rows = (long) directions * inner;
    xProj =
        block.add("x_proj_weight", Initializers.defaultUniform(inner), directions, width, inner);
    dtProj =
        block.add("dt_projs_weight", Initializers.defaultUniform(rank), directions, inner, rank);
    dtBias = block.add("dt_projs_bias", StateSpace.deltaBias(), directions, inner);
    aLogs = block.add("A_logs", StateSpace.decay(), rows, states);
    ds = block.add("Ds", Initializers.constant(1f), rows);
  }

  /**
   * delta, B and C of all directions, side by side.
   *
   * @param store the parameter store
   * @param u (B, L, D)
   * @param training whether this is a training step
   * @return (B, L, K*(R + 2N))
   */
  public NDArray project(ParameterStore store, NDArray u, boolean training) {
    try (NDArray weight =
        store
            .getValue(xProj, u.getDevice(), training)
            .reshape(xProj.getShape().size() / inner, inner, 1, 1)) {
      NDArray projected = Linear.apply(u, weight, null);
      NDArray typed = Casts.like(projected, u);
      if (typed != projected) {
        projected.close();
      }
      return typed;
    }
  }

  /**
   * The first column of C of a direction among what {@link #project} gives.
   *
   * @param direction 0..K-1
   * @return the column; C has N of them
   */
  public int columnOfC(int direction) {
    return direction * (rank + 2 * states) + rank + states;
  }

  /**
   * Scans along some paths and adds what they give. In training, u and projected must have been
   * cut, and the caller's scope holds what is made on the way.
   *
   * @param store the parameter store
   * @param u (B, L, D)
   * @param projected what {@link #project} gives
   * @param paths path i has the parameters of direction i modulo K
   * @param c C of every path, (B, L, N); null for that of projected
   * @param training whether this is a training step
   * @return (B, L, D)
   */
  public NDArray forward(
      ParameterStore store,
      NDArray u,
      NDArray projected,
      List<ScanPath> paths,
      NDArray c,
      boolean training) {
    long rows = (long) directions * inner;
    NDArray a = value(store, aLogs, u, training).exp().neg(); // (K*D, N)
    NDArray skips = value(store, ds, u, training); // (K*D)
    NDArray biases = value(store, dtBias, u, training).reshape(rows);
    NDArray weights = value(store, dtProj, u, training).reshape(rows, rank);
    new NDList(a, biases, weights).attach(u.getManager());
    List<ScanDirection> scans = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      int k = i % directions;
      int b = columnOfC(k) - states; // where B begins; before it delta, after it C
      scans.add(
          new ScanDirection(
              paths.get(i),
              paths.get(i),
              Columns.all(u),
              new Columns(projected, b - rank, b),
              new Columns(projected, b, b + states),
              c == null ? new Columns(projected, b + states, b + 2 * states) : Columns.all(c),
              a,
              skips,
              biases,
              1,
              weights,
              k));
    }
    return SelectiveScan.forward(new SelectiveScanArguments(scans, null, Merge.SUM, true));
  }

  private static NDArray value(
      ParameterStore store, Parameter parameter, NDArray u, boolean training) {
    return store.getValue(parameter, u.getDevice(), training);
  }

  /**
   * What projection and scan cost; a state update counts as nine and a skip as one, as published.
   *
   * @param positions how many tokens
   * @return multiply-adds
   */
  public long multiplyAdds(long positions) {
    long scan = positions * directions * inner * (9L * states + 1);
    return positions * (xProj.getShape().size() + dtProj.getShape().size()) + scan;
  }
}
