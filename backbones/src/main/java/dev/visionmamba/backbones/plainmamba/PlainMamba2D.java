package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateSpace;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * PlainMamba's mixer (arXiv:2403.17695): one state space walks the map along four continuous paths,
 * and a learned vector for the move that led to a step is added to its B. With E = expand * C inner
 * channels, N states and rank R of the step sizes.
 *
 * <p>As in the reference, and unlike in the paper, only the input follows the paths: delta, B and C
 * of step t are those of the token that lies at t. The bias of the step sizes acts twice.
 */
final class PlainMamba2D extends NamedBlock {
  private final int inner; // E
  private final int states; // N
  private final int rank; // R
  private final Parameter aLog; // (E, N)
  private final Parameter d; // (E)
  private final Parameter directionBs; // (5, N)
  private final Linear inProj;
  private final Conv2d conv2d;
  private final Linear xProj;
  private final Linear dtProj;
  private final Linear outProj;

  /**
   * A mixer whose linear layers start as in the published training configurations, dt_proj among
   * them: normal with deviation 0.02, biases 0, which overrides Mamba's initialisation of the step
   * sizes. The convolution starts as PyTorch's do.
   */
  PlainMamba2D(PlainMambaConfig config) {
    int embed = config.embedDims();
    boolean hasBias = config.projectionBias();
    inner = config.innerChannels();
    states = config.stateSize();
    rank = config.deltaRank();
    aLog = parameter("A_log", StateSpace.decay(), inner, states);
    d = parameter("D", Initializers.constant(1f), inner);
    directionBs =
        parameter(
            "direction_Bs", Initializers.truncatedNormal(0.02f), ContinuousScan.MOVES, states);
    inProj = child("in_proj", Linear.truncatedNormal(embed, 2L * inner, hasBias));
    Conv2d.Geometry geometry = Conv2d.Geometry.depthwise(config.convSize(), 1, inner);
    conv2d = child("conv2d", Conv2d.standard(inner, inner, geometry, config.convBias()));
    xProj = child("x_proj", Linear.truncatedNormal(inner, rank + 2L * states, false));
    dtProj = child("dt_proj", Linear.truncatedNormal(rank, inner, true).single());
    outProj = child("out_proj", Linear.truncatedNormal(inner, embed, hasBias));
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray map, boolean training) {
    try (ContinuousScan scan = ContinuousScan.of(map)) {
      return forward(store, map, scan, training);
    }
  }

  /** The same, with the walks of maps of this size. */
  NDArray forward(ParameterStore store, NDArray map, ContinuousScan scan, boolean training) {
    Shape shape = map.getShape();
    long tokens = shape.get(1) * shape.get(2); // L
    NDArray xz =
        Tape.cut(
            inProj
                .forward(store, map, training)
                .reshape(shape.get(0), tokens, 2L * inner)); // (B, L, 2E)
    Columns x = new Columns(xz, 0, inner);
    int height = Math.toIntExact(shape.get(1));
    int width = Math.toIntExact(shape.get(2));
    NDArray u = Tape.cut(conv2d.forwardSilu(store, x, height, width, training)); // (B, L, E)
    NDArray y =
        SelectiveScan.forward(
            new SelectiveScanArguments(
                directions(store, u, scan, training),
                new Columns(xz, inner, 2 * inner),
                Merge.SUM,
                true)); // (B, L, E)
    return outProj.forward(store, y, training).reshape(shape);
  }

  /** The four directions: they have all but their paths and their Bs in common. */
  private List<ScanDirection> directions(
      ParameterStore store, NDArray u, ContinuousScan scan, boolean training) {
    NDArray projected = Tape.cut(xProj.forward(store, u, training)); // (B, L, R + 2N): dt, B, C
    NDArray dt = new Columns(projected, 0, rank).toArray();
    // (B, L, E); the scan adds the bias again
    NDArray delta = Casts.like(dtProj.forward(store, dt, training), u);
    NDArray b = new Columns(projected, rank, rank + states).toArray(); // (B, L, N)
    NDArray bs = directionAware(b, scan.moves(), value(store, directionBs, u, training));
    NDArray a = value(store, aLog, u, training).exp().neg(); // (E, N)
    a.attach(u.getManager());
    List<ScanDirection> directions = new ArrayList<>();
    for (int k = 0; k < ContinuousScan.DIRECTIONS; k++) {
      directions.add(
          new ScanDirection(
              scan.paths().get(k),
              scan.raster(),
              Columns.all(u),
              Columns.all(delta),
              new Columns(bs, k * states, (k + 1) * states),
              new Columns(projected, rank + states, rank + 2 * states),
              a,
              value(store, d, u, training),
              value(store, dtProj.bias(), u, training),
              1));
    }
    return directions;
  }

  /** B of each step plus the vector of the move to it, for all directions: (B, L, K*N). */
  private NDArray directionAware(NDArray b, NDArray moves, NDArray vectors) {
    long length = b.getShape().get(1);
    NDArray ofMoves =
        moves.matMul(vectors).reshape(length, ContinuousScan.DIRECTIONS, states); // (L, K, N)
    NDArray all =
        b.expandDims(2) // (B, L, 1, N)
            .add(ofMoves)
            .reshape(b.getShape().get(0), length, (long) ContinuousScan.DIRECTIONS * states);
    return Casts.like(all, b);
  }

  /** Multiply-adds for a map; a state update counts as nine and a skip as one, as published. */
  long multiplyAdds(long height, long width) {
    long positions = height * width;
    long scan = positions * ContinuousScan.DIRECTIONS * inner * (9L * states + 1);
    return inProj.multiplyAdds(positions)
        + conv2d.multiplyAdds(height, width)
        + xProj.multiplyAdds(positions)
        + dtProj.multiplyAdds(positions)
        + scan
        + outProj.multiplyAdds(positions);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
