package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;

/** A backbone without parameters that sees the same in every image. */
final class GivenMaps extends Backbone {
  private final NDList maps;
  private final List<LevelShape> levels;

  GivenMaps(NDList maps, List<LevelShape> levels) {
    this.maps = maps;
    this.levels = levels;
  }

  @Override
  public List<LevelShape> levels() {
    return levels;
  }

  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<FeaturePyramid.Level> seen = new ArrayList<>();
    for (int i = 0; i < levels.size(); i++) {
      seen.add(new FeaturePyramid.Level(maps.get(i), levels.get(i).stride()));
    }
    return new FeaturePyramid(seen);
  }

  @Override
  protected List<NamedBlock> stages() {
    return List.of(this);
  }

  @Override
  public int imageChannels() {
    return 3;
  }

  @Override
  public Shape imageSize() {
    return new Shape(64, 64);
  }

  @Override
  public long multiplyAdds(int height, int width) {
    return 0;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return maps.getShapes();
  }
}
