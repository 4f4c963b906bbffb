package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.layers.ResidualConvolution;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;

/** An attentive state-space group (ASSG, section 3.2): layers and a convolution on a residual. */
final class AttentiveGroup extends NamedBlock {
  private final int windowSize;
  private final NamedBlocks<AttentiveLayer> layers;
  private final ResidualConvolution conv;

  /** Group i of a network. */
  AttentiveGroup(MambaIRv2Config config, int i) {
    windowSize = config.windowSize();
    layers = child("residual_group.layers", new NamedBlocks<>());
    for (int j = 0; j < config.depths().get(i); j++) {
      layers.add(new AttentiveLayer(config, config.heads().get(i), j % 2 == 1));
    }
    conv =
        new ResidualConvolution(
            config.shape().residualConnection(), config.shape().embedDim(), "conv", this::child);
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (Windows windows = Windows.of(x, windowSize)) {
      return forward(store, x, windows, training);
    }
  }

  /** (B, H, W, C) to the same shape. */
  NDArray forward(ParameterStore store, NDArray x, Windows windows, boolean training) {
    NDArray start = Tape.cut(x);
    NDArray y = start;
    for (AttentiveLayer layer : layers.list()) {
      NDArray before = y;
      y = layer.forward(store, before, windows, training);
      if (before != start) {
        Scopes.release(training, before);
      }
    }
    NDArray residual = Casts.toSingle(conv.forward(store, y, training));
    Scopes.release(training, y);
    return training ? residual.add(start) : residual.addi(start);
  }

  long multiplyAdds(long height, long width) {
    return conv.multiplyAdds(height, width)
        + layers.list().stream().mapToLong(layer -> layer.multiplyAdds(height, width)).sum();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
