package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.ConvNormStack;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.RmsNorm;
import dev.visionmamba.scans.autograd.Tape;
import java.util.List;

/**
 * A layer of PlainMamba: a norm and the mixer on a residual; in some layers then a depthwise
 * convolution, a batch norm and the exact GELU, with no residual around them.
 */
final class PlainMambaLayer extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  private final float dropPathRate;
  private final NamedBlock norm;
  private final ConvNormStack dw;
  private final PlainMamba2D mamba;

  /** Layer i, whose path is dropped at the given rate. */
  PlainMambaLayer(PlainMambaConfig config, int i, float dropPathRate) {
    int embed = config.embedDims();
    this.dropPathRate = dropPathRate;
    this.norm =
        child(
            "norm", config.rmsNorm() ? new RmsNorm(embed, EPSILON) : new LayerNorm(embed, EPSILON));
    this.dw =
        config.layersWithConvolution().contains(i)
            ? child(
                "dw",
                new ConvNormStack(
                    Activation::gelu,
                    List.of(
                        Conv2d.standard(
                            embed, embed, Conv2d.Geometry.depthwise(3, 1, embed), false))))
            : null;
    this.mamba = child("mamba", new PlainMamba2D(config));
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (ContinuousScan scan = ContinuousScan.of(x)) {
      return forward(store, x, scan, training, Probe.NONE, "");
    }
  }

  /** (B, H, W, C) to the same shape; the probe sees {@code name.mixer}. */
  NDArray forward(
      ParameterStore store,
      NDArray x,
      ContinuousScan scan,
      boolean training,
      Probe probe,
      String name) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray start = Tape.cut(x);
      NDArray mixed = mamba.forward(store, norm.forward(store, start, training), scan, training);
      probe.see(name + ".mixer", mixed);
      NDArray y = start.add(DropPath.apply(mixed, dropPathRate, training));
      if (dw != null) {
        y = Casts.single(dw.forward(store, y, training));
      }
      NDScope.unregister(y);
      return y;
    }
  }

  long multiplyAdds(long height, long width) {
    return mamba.multiplyAdds(height, width) + (dw == null ? 0 : dw.multiplyAdds(height, width));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
