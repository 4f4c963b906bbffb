package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.Mlp;
import dev.visionmamba.scans.autograd.Tape;

/** A block of VMamba: the 2-D selective scan and an MLP, each after a norm and on a residual. */
final class VSSBlock extends MapBlock {
  private static final float EPSILON = 1e-5f;

  private final float dropPathRate;
  private final LayerNorm norm;
  private final SS2D op;
  private final LayerNorm norm2;
  private final Mlp mlp;

  VSSBlock(VMambaConfig config, int channels, float dropPathRate) {
    this.dropPathRate = dropPathRate;
    this.norm = child("norm", new LayerNorm(channels, EPSILON));
    this.op = child("op", new SS2D(config, channels));
    int hidden = (int) (config.mlpRatio() * channels);
    this.norm2 = hidden == 0 ? null : child("norm2", new LayerNorm(channels, EPSILON));
    this.mlp = hidden == 0 ? null : child("mlp", new Mlp(channels, hidden));
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return forward(store, x, training, Probe.NONE, "");
  }

  /** (B, H, W, C) to the same shape; the probe sees {@code name.mixer}. */
  NDArray forward(ParameterStore store, NDArray x, boolean training, Probe probe, String name) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray start = Tape.cut(x);
      NDArray mixed = mixed(store, start, training);
      probe.see(name + ".mixer", mixed);
      NDArray y = start.add(DropPath.apply(mixed, dropPathRate, training));
      if (mlp != null) {
        NDArray between = Tape.cut(y);
        NDArray refined = mlp.forward(store, norm2.forward(store, between, training), training);
        y = between.add(DropPath.apply(refined, dropPathRate, training));
      }
      NDScope.unregister(y);
      return y;
    }
  }

  /** The mixer after its norm; what it makes on the way is gone before the MLP begins. */
  private NDArray mixed(ParameterStore store, NDArray x, boolean training) {
    NDArray mixed;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      mixed = op.forward(store, norm.forward(store, x, training), training);
      NDScope.unregister(mixed);
    }
    NDScope.register(mixed);
    return mixed;
  }

  @Override
  public long multiplyAdds(long height, long width) {
    return op.multiplyAdds(height, width) + (mlp == null ? 0 : mlp.multiplyAdds(height * width));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
