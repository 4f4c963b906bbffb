package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.MapBlock;

/** The stem: a quarter of the image's sides; its children are numbered as published. */
final class PatchEmbed extends MapBlock {
  private static final float EPSILON = 1e-5f;

  private final Conv2d first;
  private final LayerNorm firstNorm;
  private final Conv2d second;
  private final LayerNorm secondNorm;
  private final int channels;

  PatchEmbed(VMambaConfig config) {
    channels = config.dims();
    if (config.overlappingPatches()) {
      int half = channels / 2;
      first = child("0", Conv2d.standard(config.channels(), half, Geometry.dense(3, 2, 1), true));
      firstNorm = child("2", new LayerNorm(half, EPSILON));
      second = child("5", Conv2d.standard(half, channels, Geometry.dense(3, 2, 1), true));
      secondNorm = child("7", new LayerNorm(channels, EPSILON));
    } else {
      first =
          child("0", Conv2d.standard(config.channels(), channels, Geometry.dense(4, 4, 0), true));
      firstNorm = child("2", new LayerNorm(channels, EPSILON));
      second = null;
      secondNorm = null;
    }
  }

  /** (B, H, W, in) to (B, H/4, W/4, C), rounded up if patches overlap and down if not. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray y = firstNorm.forward(store, first.forward(store, x, training), training);
      if (second != null) {
        NDArray hidden = second.forward(store, Activation.gelu(y), training);
        y = secondNorm.forward(store, hidden, training);
      }
      NDScope.unregister(y);
      return y;
    }
  }

  long side(long pixels) {
    long side = first.geometry().outputSide(pixels);
    return second == null ? side : second.geometry().outputSide(side);
  }

  @Override
  public long multiplyAdds(long height, long width) {
    long stem = first.multiplyAdds(height, width);
    return second == null
        ? stem
        : stem
            + second.multiplyAdds(
                first.geometry().outputSide(height), first.geometry().outputSide(width));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), side(x.get(1)), side(x.get(2)), channels)};
  }
}
