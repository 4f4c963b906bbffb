package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.backbones.layers.SqueezeExcite;

/**
 * The way to the next stage: an inverted residual bottleneck (MobileNetV2, arXiv:1801.04381) that
 * halves the sides, rounding up, gated by squeeze and excitation, between two depthwise
 * convolutions on residuals.
 */
final class PatchMerging extends MapBlock {
  private static final int EXPANSION = 4;
  private static final double SQUEEZE = 0.25;

  private final ConvLayer expand;
  private final ConvLayer reduce;
  private final SqueezeExcite gate;
  private final ConvLayer project;
  private final ConvLayer dwconv1;
  private final ConvLayer dwconv2;

  PatchMerging(int in, int out) {
    int hidden = EXPANSION * out;
    NamedBlocks<NamedBlock> conv = child("conv", new NamedBlocks<>());
    expand = ConvLayer.pointwise(in, hidden, true);
    reduce = new ConvLayer(hidden, hidden, Geometry.depthwise(3, 2, hidden), true);
    gate = new SqueezeExcite(hidden, SQUEEZE);
    project = ConvLayer.pointwise(hidden, out, false);
    conv.add(expand);
    conv.add(reduce);
    conv.add(gate);
    conv.add(project);
    dwconv1 = child("dwconv1", ConvLayer.depthwise(in));
    dwconv2 = child("dwconv2", ConvLayer.depthwise(out));
  }

  /** (B, H, W, in) to (B, H/2, W/2, out), rounded up. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray local = x.add(dwconv1.forward(store, x, training));
      NDArray hidden = expand.forward(store, local, training); // (B, H, W, 4*out)
      hidden = reduce.forward(store, hidden, training); // (B, H/2, W/2, 4*out)
      hidden = gate.forward(store, hidden, training);
      NDScope.register(hidden);
      NDArray merged = project.forward(store, hidden, training); // (B, H/2, W/2, out)
      NDArray y = Casts.single(merged).add(dwconv2.forward(store, merged, training));
      NDScope.unregister(y);
      return y;
    }
  }

  long side(long inputSide) {
    return reduce.side(inputSide);
  }

  @Override
  public long multiplyAdds(long height, long width) {
    long h = side(height);
    long w = side(width);
    return dwconv1.multiplyAdds(height, width)
        + expand.multiplyAdds(height, width)
        + reduce.multiplyAdds(height, width)
        + gate.multiplyAdds()
        + project.multiplyAdds(h, w)
        + dwconv2.multiplyAdds(h, w);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    Shape halved = new Shape(x.get(0), side(x.get(1)), side(x.get(2)), x.get(3));
    return project.getOutputShapes(new Shape[] {halved});
  }
}
