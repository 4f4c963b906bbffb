package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.List;

/** The smallest backbone: patches, one level. */
final class OneConvolution extends Backbone {
  private final int in;
  private final int out;
  private final int stride;
  private final Conv2d conv;

  OneConvolution(int in, int out, int stride) {
    this.in = in;
    this.out = out;
    this.stride = stride;
    this.conv = child("conv", Conv2d.standard(in, out, Geometry.dense(stride, stride, 0), true));
  }

  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray map = conv.forward(store, Maps.channelLast(images, in), training);
    return new FeaturePyramid(List.of(new FeaturePyramid.Level(map.transpose(0, 3, 1, 2), stride)));
  }

  @Override
  public List<LevelShape> levels() {
    return List.of(new LevelShape(out, stride));
  }

  @Override
  protected List<NamedBlock> stages() {
    return List.of(conv);
  }

  @Override
  public int imageChannels() {
    return in;
  }

  @Override
  public Shape imageSize() {
    return new Shape(8, 8);
  }

  @Override
  public long multiplyAdds(int height, int width) {
    return conv.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), out, x.get(2) / stride, x.get(3) / stride)};
  }
}
