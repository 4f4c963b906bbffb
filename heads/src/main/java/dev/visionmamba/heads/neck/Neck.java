package dev.visionmamba.heads.neck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.layers.Levels;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands between a backbone and its heads: a feature pyramid in, another out. As a DJL block
 * it takes and gives lists of maps (B, C, H, W), the finest first; inside, maps are channel-last.
 */
public abstract class Neck extends NamedBlock {
  private final List<LevelShape> inputs;

  /**
   * For subclasses.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first
   * @throws IllegalArgumentException if there are none
   */
  protected Neck(List<LevelShape> inputs) {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("a neck needs at least one map");
    }
    this.inputs = List.copyOf(inputs);
  }

  /**
   * The levels that come in.
   *
   * @return the finest first
   */
  public final List<LevelShape> inputs() {
    return inputs;
  }

  /**
   * The levels that come out.
   *
   * @return the finest first
   */
  public abstract List<LevelShape> levels();

  /**
   * The levels' maps.
   *
   * @param store the parameter store
   * @param maps one for each {@linkplain #inputs input}, (B, H, W, C)
   * @param training whether this is a training step
   * @return one for each {@linkplain #levels level}, (B, H, W, C), none of them an input
   */
  protected abstract List<NDArray> merge(
      ParameterStore store, List<NDArray> maps, boolean training);

  /**
   * The new pyramid.
   *
   * @param store the parameter store
   * @param pyramid one level for each {@linkplain #inputs input}
   * @param training whether this is a training step
   * @return one level for each of {@link #levels}; a level's stride is that of {@link #levels}
   * @throws IllegalArgumentException if there are other levels, or one has other channels
   */
  public final FeaturePyramid forward(
      ParameterStore store, FeaturePyramid pyramid, boolean training) {
    List<NDArray> maps = forward(store, pyramid.maps(), training, new PairList<>());
    List<FeaturePyramid.Level> levels = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      levels.add(new FeaturePyramid.Level(maps.get(i), levels().get(i).stride()));
    }
    return new FeaturePyramid(levels);
  }

  @Override
  protected final NDList forwardInternal(
      ParameterStore store, NDList maps, boolean training, PairList<String, Object> params) {
    Levels.requireMaps("a neck", inputs, maps.getShapes());
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn());
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      List<NDArray> channelLast = maps.stream().map(map -> map.transpose(0, 2, 3, 1)).toList();
      NDList merged = new NDList();
      for (NDArray map : merge(store, channelLast, training)) {
        merged.add(map.transpose(0, 3, 1, 2));
      }
      NDScope.unregister(merged);
      return merged;
    }
  }

  /**
   * What one image costs, one multiply-add being one operation.
   *
   * @param inputShapes of the maps that come in, (B, C, H, W) each; the batch is not counted
   * @return multiply-adds
   */
  public abstract long multiplyAdds(Shape[] inputShapes);

  /**
   * Not for a neck of several maps.
   *
   * @throws IllegalArgumentException if the neck takes more than this map, or gives more than one
   */
  @Override
  public final NDArray forward(ParameterStore store, NDArray map, boolean training) {
    return forward(store, new NDList(map), training).singletonOrThrow();
  }
}
