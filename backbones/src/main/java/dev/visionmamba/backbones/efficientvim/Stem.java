package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;

/** Four convolutions of 3x3 pixels, each of which halves the sides, rounding up. */
final class Stem extends MapBlock {
  /** How many pixels one step on the map spans. */
  static final int STRIDE = 16;

  private final NamedBlocks<ConvLayer> conv;

  Stem(EfficientViMConfig config) {
    conv = child("conv", new NamedBlocks<>());
    int in = config.channels();
    for (int divisor = STRIDE / 2; divisor >= 1; divisor /= 2) {
      int out = config.channelsOf(0) / divisor;
      conv.add(new ConvLayer(in, out, Geometry.dense(3, 2, 1), divisor > 1));
      in = out;
    }
  }

  /** (B, H, W, in) to (B, H/16, W/16, C). */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (ConvLayer layer : conv.list()) {
      NDArray before = y;
      y = layer.forward(store, before, training);
      if (before != x) {
        before.close();
      }
    }
    return Casts.toSingle(y);
  }

  @Override
  public long multiplyAdds(long height, long width) {
    long cost = 0;
    long h = height;
    long w = width;
    for (ConvLayer layer : conv.list()) {
      cost += layer.multiplyAdds(h, w);
      h = layer.side(h);
      w = layer.side(w);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return conv.getOutputShapes(inputShapes);
  }
}
