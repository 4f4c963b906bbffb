package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateSpace;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * VMamba's mixer, the 2-D selective scan (arXiv:2401.10166, section 4.2): a map is walked along the
 * K directions of a strategy, each with a state space of its own, and what they give is added. With
 * D = expand * C inner channels, N states and rank R of the step sizes.
 */
final class SS2D extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  private final VMambaConfig config;
  private final int inner; // D
  private final int rank; // R
  private final int directions; // K
  private final Parameter aLogs; // (K*D, N)
  private final Parameter ds; // (K*D)
  private final Parameter dtBias; // (K, D)
  private final Parameter xProj; // (K, R + 2N, D), the first two as one in the released form
  private final Parameter dtProj; // (K, D, R), likewise
  private final Linear inProj;
  private final Conv2d conv2d;
  private final LayerNorm outNorm;
  private final Linear outProj;

  /** Its children and parameters are in the order of the published state dicts. */
  SS2D(VMambaConfig config, int channels) {
    this.config = config;
    this.inner = (int) (config.expand() * channels);
    this.rank = (channels + 15) / 16;
    this.directions = config.directions();
    boolean gated = config.gated();
    long width = rank + 2L * config.stateSize();
    long rows = (long) directions * inner;
    this.inProj = Linear.truncatedNormal(channels, gated ? 2L * inner : inner, false);
    this.conv2d =
        Conv2d.standard(inner, inner, Conv2d.Geometry.depthwise(3, 1, inner), config.convBias());
    this.outNorm = new LayerNorm(inner, EPSILON);
    this.outProj = Linear.truncatedNormal(inner, channels, false);
    if (gated) {
      this.xProj =
          ofProduct("x_proj_weight", Initializers.defaultUniform(inner), directions, width, inner);
      this.aLogs = parameter("A_logs", StateSpace.decay(), rows, config.stateSize());
      this.ds = parameter("Ds", Initializers.constant(1f), rows);
      this.dtProj =
          parameter("dt_projs_weight", Initializers.defaultUniform(rank), directions, inner, rank);
      this.dtBias = parameter("dt_projs_bias", StateSpace.deltaBias(), directions, inner);
      child("in_proj", inProj);
      child("conv2d", conv2d);
      child("out_norm", outNorm);
    } else {
      this.aLogs = parameter("A_logs", StateSpace.decay(), rows, config.stateSize());
      this.ds = parameter("Ds", Initializers.constant(1f), rows);
      this.dtBias = parameter("dt_projs_bias", StateSpace.deltaBias(), directions, inner);
      child("out_norm", outNorm);
      child("in_proj", inProj);
      child("conv2d", conv2d);
      this.xProj = child("x_proj", Linear.withoutBias(inner, directions * width)).weight();
      this.dtProj = child("dt_projs", Linear.withoutBias(rank, rows).single()).weight();
    }
    child("out_proj", outProj);
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray map, boolean training) {
    Shape shape = map.getShape();
    int height = Math.toIntExact(shape.get(1));
    int width = Math.toIntExact(shape.get(2));
    long tokens = (long) height * width; // L
    long columns = config.gated() ? 2L * inner : inner;
    NDArray xz = // (B, L, D), with z 2D
        inProj.forward(store, map, training).reshape(shape.get(0), tokens, columns);
    NDArray both = config.gated() ? Tape.cut(xz) : xz;
    Columns z = config.gated() ? new Columns(both, inner, 2 * inner) : null;
    NDArray y = scan(store, new Columns(both, 0, inner), height, width, training);
    NDArray gated = outNorm.forward(store, y, z, training); // (B, L, D)
    return outProj.forward(store, gated, training).reshape(shape);
  }

  /** SiLU(convolution), then the scan along all directions: (B, L, D) to the same shape. */
  private NDArray scan(ParameterStore store, Columns x, int height, int width, boolean training) {
    NDArray u = Tape.cut(conv2d.forwardSilu(store, x, height, width, training)); // (B, L, D)
    NDArray projected = Tape.cut(project(store, u, training)); // (B, L, K*(R + 2N))
    NDArray a = value(store, aLogs, u, training).exp().neg(); // (K*D, N)
    long rows = (long) directions * inner;
    NDArray skips = value(store, ds, u, training); // (K*D)
    NDArray biases = value(store, dtBias, u, training).reshape(rows);
    NDArray weights = value(store, dtProj, u, training).reshape(rows, rank);
    new NDList(a, biases, weights).attach(u.getManager());
    int states = config.stateSize();
    List<ScanPath> paths = config.scan().paths(height, width);
    List<ScanDirection> scans = new ArrayList<>();
    for (int k = 0; k < directions; k++) {
      int b = k * (rank + 2 * states) + rank; // where B begins; before it dt, after it C
      scans.add(
          new ScanDirection(
              paths.get(k),
              paths.get(k),
              Columns.all(u),
              new Columns(projected, b - rank, b),
              new Columns(projected, b, b + states),
              new Columns(projected, b + states, b + 2 * states),
              a,
              skips,
              biases,
              1,
              weights,
              k));
    }
    return SelectiveScan.forward(new SelectiveScanArguments(scans, null, Merge.SUM, true));
  }

  /** dt, B and C of all directions, side by side. */
  private NDArray project(ParameterStore store, NDArray u, boolean training) {
    try (NDArray weight =
        value(store, xProj, u, training).reshape(xProj.getShape().size() / inner, inner)) {
      return Linear.apply(u, weight, null);
    }
  }

  /** Multiply-adds for a map; a state update counts as nine and a skip as one, as published. */
  long multiplyAdds(long height, long width) {
    long positions = height * width;
    long scan = positions * directions * inner * (9L * config.stateSize() + 1);
    return inProj.multiplyAdds(positions)
        + conv2d.multiplyAdds(height, width)
        + positions * (xProj.getShape().size() + dtProj.getShape().size())
        + scan
        + outProj.multiplyAdds(positions);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
