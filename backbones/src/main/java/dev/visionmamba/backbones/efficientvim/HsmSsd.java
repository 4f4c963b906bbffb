package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Activations;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.StateSpaceDuality;

/**
 * EfficientViM's mixer, the hidden state mixer on state-space duality (arXiv:2411.15241, section
 * 3.2): all tokens add to one set of N hidden states, the channels are mixed and gated there, and
 * every token reads the result.
 *
 * <pre>
 * B, C, dt = dwconv(W_p x)
 * h = (softmax(dt + A) B)^T x
 * h, z = W_hz h
 * h = W_o (h SiLU(z) + h D)
 * y = C h
 * </pre>
 *
 * <p>The softmax is over the tokens, along which A, one number a state, is constant: A cancels. It
 * is in the published weights but takes part in nothing, and gets no gradient.
 */
final class HsmSsd extends NamedBlock {
  private static final int MATRICES = 3; // B, C and dt

  private final int states; // N
  private final Parameter skip; // D, (1)
  private final Linear bcdtProj;
  private final Conv2d dw;
  private final Linear hzProj;
  private final Linear outProj;

  HsmSsd(EfficientViMConfig config, int stage) {
    int channels = config.channelsOf(stage);
    int inner = config.innerChannelsOf(stage);
    this.states = config.stateSizes().get(stage);
    int width = MATRICES * states;
    parameter("A", (manager, shape, type) -> manager.randomUniform(1f, 16f, shape, type), states);
    this.skip = parameter("D", Initializers.constant(1f), 1);
    this.bcdtProj = child("BCdt_proj.conv", Linear.pointwise(channels, width, 1, false));
    this.dw =
        child("dw.conv", Conv2d.standard(width, width, Geometry.depthwise(3, 1, width), false));
    this.hzProj = child("hz_proj.conv", Linear.pointwise(channels, 2L * inner, 1, false));
    this.outProj = child("out_proj.conv", Linear.pointwise(inner, channels, 1, false));
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray map, boolean training) {
    Shape shape = map.getShape();
    NDArray tokens = map.reshape(shape.get(0), shape.get(1) * shape.get(2), shape.get(3));
    return mix(store, tokens, shape, training).map();
  }

  /** Tokens (B, L, C) to their map, which has the given shape (B, H, W, C), and the states. */
  Output mix(ParameterStore store, NDArray tokens, Shape map, boolean training) {
    long batch = map.get(0);
    long positions = map.get(1) * map.get(2); // L
    NDArray projected =
        bcdtProj
            .forward(store, tokens, training)
            .reshape(batch, map.get(1), map.get(2), MATRICES * (long) states); // (B, H, W, 3N)
    NDList matrices =
        Casts.single(dw.forward(store, projected, training))
            .reshape(batch, positions, 1, MATRICES * (long) states)
            .split(MATRICES, 3); // B, C and dt, each (B, L, 1, N): one head
    NDArray b = matrices.get(2).softmax(1).mul(matrices.get(0));
    NDArray x = tokens.reshape(batch, positions, 1, map.get(3)); // (B, L, 1, C)
    NDArray gathered = StateSpaceDuality.gather(x, b); // (B, 1, N, C)
    NDScope.register(gathered);
    NDList hz = hzProj.forward(store, gathered, training).split(2, 3); // (B, 1, N, D) each
    NDArray gate = Activations.silu(hz.get(1)).add(value(store, skip, tokens, training));
    NDArray hidden =
        Casts.single(outProj.forward(store, hz.get(0).mul(gate), training)); // (B, 1, N, C)
    NDArray y = StateSpaceDuality.read(hidden, matrices.get(1)); // (B, L, 1, C)
    NDScope.register(y);
    return new Output(y.reshape(map), hidden.reshape(batch, states, map.get(3)));
  }

  long multiplyAdds(long height, long width) {
    long positions = height * width;
    long channels = outProj.weight().getShape().get(0);
    return bcdtProj.multiplyAdds(positions)
        + dw.multiplyAdds(height, width)
        + 2 * positions * states * channels // gathering and reading
        + hzProj.multiplyAdds(states)
        + outProj.multiplyAdds(states);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
