package dev.visionmamba.backbones.vim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateSpace;
import dev.visionmamba.scans.CausalConv1d;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * Vim's token mixer, "bimamba v2" (arXiv:2401.09417, algorithm 1): a Mamba that reads the sequence
 * forwards and backwards, each way with a convolution and a state space of its own.
 */
final class BimambaMixer extends NamedBlock {
  private final VimConfig config;
  private final int inner; // E
  private final Branch forward;
  private final Branch backward;
  private final Linear inProj;
  private final Linear outProj;

  BimambaMixer(VimConfig config) {
    this.config = config;
    this.inner = config.innerChannels();
    int embed = config.embedDim();
    // In the order of the published state dict: first parameters, then layers.
    Parameter aLog = parameter("A_log", StateSpace.decay(), inner, config.stateSize());
    Parameter d = parameter("D", Initializers.constant(1f), inner);
    Parameter aLogBackward = parameter("A_b_log", StateSpace.decay(), inner, config.stateSize());
    Parameter dBackward = parameter("D_b", Initializers.constant(1f), inner);
    this.inProj = child("in_proj", Linear.withoutBias(embed, 2L * inner));
    this.forward = new Branch("", aLog, d);
    this.backward = new Branch("_b", aLogBackward, dBackward);
    // As after the reference's rescaling of residual branches: narrower by the root of the depth.
    double bound = 1 / Math.sqrt((double) inner * config.depth());
    this.outProj = child("out_proj", new Linear(inner, embed, Initializers.uniform(bound), null));
  }

  /** One direction's convolution and state space. */
  private final class Branch {
    final Parameter aLog; // (E, N)
    final Parameter d; // (E)
    final DepthwiseFilter conv;
    final Linear xProj;
    final Linear dtProj;

    Branch(String suffix, Parameter aLog, Parameter d) {
      int rank = config.deltaRank();
      this.aLog = aLog;
      this.d = d;
      this.conv = child("conv1d" + suffix, new DepthwiseFilter(inner, config.convWidth()));
      this.xProj =
          child("x_proj" + suffix, Linear.withoutBias(inner, rank + 2L * config.stateSize()));
      this.dtProj =
          child(
              "dt_proj" + suffix,
              new Linear(rank, inner, Initializers.defaultUniform(rank), StateSpace.deltaBias())
                  .single());
    }

    /** The direction's operands, from the columns of x. */
    ScanDirection read(ParameterStore store, ScanPath path, Columns x, boolean training) {
      NDArray xz = x.array();
      NDArray u =
          CausalConv1d.forward(
              new CausalConv1dArguments(
                  path,
                  x,
                  value(store, conv.weight, xz, training),
                  value(store, conv.bias, xz, training))); // (B, L, E)
      int rank = config.deltaRank();
      int states = config.stateSize();
      NDArray projected = Tape.cut(xProj.forward(store, u, training)); // (B, L, R + 2N): dt, B, C
      NDArray a = value(store, aLog, xz, training).exp().neg(); // (E, N)
      a.attach(xz.getManager());
      return new ScanDirection(
          path,
          path,
          Columns.all(u),
          new Columns(projected, 0, rank), // dt; the scan projects it and adds the bias
          new Columns(projected, rank, rank + states),
          new Columns(projected, rank + states, rank + 2 * states),
          Tape.cut(a),
          value(store, d, xz, training),
          value(store, dtProj.bias(), xz, training),
          1,
          value(store, dtProj.weight(), xz, training));
    }
  }

  /** (B, L, C) to (B, L, C). */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    int length = Math.toIntExact(x.getShape().get(1));
    List<ScanPath> paths = ScanStrategies.BIDIRECTIONAL.paths(1, length);
    NDArray xz = Tape.cut(inProj.forward(store, x, training)); // (B, L, 2E)
    Columns u = new Columns(xz, 0, inner);
    Columns z = new Columns(xz, inner, 2 * inner);
    List<ScanDirection> directions = new ArrayList<>();
    directions.add(forward.read(store, paths.get(0), u, training));
    directions.add(backward.read(store, paths.get(1), u, training));
    NDArray y =
        SelectiveScan.forward(
            new SelectiveScanArguments(
                directions,
                z,
                config.divideOut()
                    ? SelectiveScanArguments.Merge.MEAN
                    : SelectiveScanArguments.Merge.SUM,
                true)); // (B, L, E)
    return outProj.forward(store, y, training);
  }

  /** The parameters of a causal depthwise convolution: weight (channels, 1, taps), bias. */
  private static final class DepthwiseFilter extends NamedBlock {
    final Parameter weight;
    final Parameter bias;

    DepthwiseFilter(int channels, int taps) {
      weight = parameter("weight", Initializers.defaultUniform(taps), channels, 1, taps);
      bias = parameter("bias", Initializers.defaultUniform(taps), channels);
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      throw new UnsupportedOperationException("the mixer applies the filter along its paths");
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }

  /** Multiply-adds for a sequence; a state update counts as four (delta A, h, + B u, C h). */
  long multiplyAdds(long length) {
    long convolution = length * inner * config.convWidth();
    long scan = 4 * length * inner * config.stateSize();
    long branch =
        convolution
            + forward.xProj.multiplyAdds(length)
            + forward.dtProj.multiplyAdds(length)
            + scan;
    return inProj.multiplyAdds(length) + 2 * branch + outProj.multiplyAdds(length);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
