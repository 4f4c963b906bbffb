package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;

/** A backbone as a user would write one: three stages of a convolution each, halving the map. */
final class OwnBackbone extends Backbone {
  private final List<Conv2d> stages = new ArrayList<>();
  private final int width;

  OwnBackbone(int width) {
    this.width = width;
    int in = 3;
    for (int i = 0; i < 3; i++) {
      stages.add(
          child("stage" + i, Conv2d.standard(in, width << i, Geometry.dense(3, 2, 1), true)));
      in = width << i;
    }
  }

  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray x = Maps.channelLast(images, 3); // (B, H, W, 3)
    List<FeaturePyramid.Level> levels = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      x = Activation.relu(stages.get(i).forward(store, x, training)); // (B, H/2, W/2, C)
      levels.add(new FeaturePyramid.Level(x.transpose(0, 3, 1, 2), 2 << i));
    }
    return new FeaturePyramid(levels);
  }

  @Override
  public List<LevelShape> levels() {
    return List.of(
        new LevelShape(width, 2), new LevelShape(2 * width, 4), new LevelShape(4 * width, 8));
  }

  @Override
  protected List<NamedBlock> stages() {
    return List.copyOf(stages);
  }

  @Override
  public int imageChannels() {
    return 3;
  }

  @Override
  public Shape imageSize() {
    return new Shape(32, 32);
  }

  @Override
  public long multiplyAdds(int height, int width) {
    long cost = 0;
    for (int i = 0; i < stages.size(); i++) {
      cost += stages.get(i).multiplyAdds(height >> i, width >> i);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return levels().stream()
        .map(l -> new Shape(x.get(0), l.channels(), x.get(2) / l.stride(), x.get(3) / l.stride()))
        .toArray(Shape[]::new);
  }
}
