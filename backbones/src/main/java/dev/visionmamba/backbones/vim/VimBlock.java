package dev.visionmamba.backbones.vim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.RmsNorm;

/** One layer of Vim: a norm and the mixer. The residual stream around them is {@link Vim}'s. */
final class VimBlock extends NamedBlock {
  private final BimambaMixer mixer;
  private final NamedBlock norm;

  VimBlock(VimConfig config) {
    mixer = child("mixer", new BimambaMixer(config));
    norm = child("norm", norm(config));
  }

  static NamedBlock norm(VimConfig config) {
    return config.rmsNorm()
        ? new RmsNorm(config.embedDim(), config.normEpsilon())
        : new LayerNorm(config.embedDim(), config.normEpsilon());
  }

  /** mixer(norm(residual)): (B, L, C) to (B, L, C). */
  @Override
  public NDArray forward(ParameterStore store, NDArray residual, boolean training) {
    return mixer.forward(store, norm.forward(store, residual, training), training);
  }

  long multiplyAdds(long length) {
    return mixer.multiplyAdds(length);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
