package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.layers.Levels;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.List;

/**
 * What turns a feature pyramid into a score for each class at each pixel of its finest map. As a
 * DJL block it takes the maps, (B, C, H, W) each, the finest first, and gives (B, classes, h, w).
 * The last layer is {@code conv_seg}, which leads the published state dict.
 */
public abstract class DecodeHead extends NamedBlock {
  private final List<LevelShape> inputs;
  private final int classes;
  private final float dropout;
  private final Conv2d classifier;

  /**
   * For subclasses.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first
   * @param channels that the last layer reads, at least 1
   * @param classes how many classes, at least 1
   * @param dropout the probability that a training step drops a channel before the last layer, at
   *     least 0 and below 1; 0.1 as published
   * @throws IllegalArgumentException if a number is out of range, or there are no maps
   */
  protected DecodeHead(List<LevelShape> inputs, int channels, int classes, float dropout) {
    if (inputs.isEmpty() || channels < 1 || classes < 1 || !(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          String.format(
              "a head needs a map, channels and num_classes of at least 1 and a dropout_ratio from"
                  + " 0 to below 1, got %d maps, %d, %d and %s",
              inputs.size(), channels, classes, dropout));
    }
    this.inputs = List.copyOf(inputs);
    this.classes = classes;
    this.dropout = dropout;
    this.classifier =
        child(
            "conv_seg",
            new Conv2d(
                channels,
                classes,
                Geometry.dense(1, 1, 0),
                (manager, shape, type) -> manager.randomNormal(0f, 0.01f, shape, type),
                Initializers.constant(0f)));
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
   * How many classes.
   *
   * @return at least 1
   */
  public final int classes() {
    return classes;
  }

  /**
   * What the last layer reads.
   *
   * @param store the parameter store
   * @param maps one for each {@linkplain #inputs input}, (B, H, W, C)
   * @param training whether this is a training step
   * @param probe sees intermediate results as (B, C, H, W)
   * @return (B, h, w, channels)
   */
  protected abstract NDArray features(
      ParameterStore store, List<NDArray> maps, boolean training, Probe probe);

  /**
   * The scores before softmax.
   *
   * @param store the parameter store
   * @param maps one for each {@linkplain #inputs input}, (B, C, H, W)
   * @param training whether this is a training step; if not, nothing is recorded for gradients
   * @param probe sees intermediate results as (B, C, H, W)
   * @return (B, classes, h, w)
   * @throws IllegalArgumentException if there are other maps, or one has other channels
   */
  public final NDArray scores(ParameterStore store, NDList maps, boolean training, Probe probe) {
    Levels.requireMaps("a head", inputs, maps.getShapes());
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn());
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      List<NDArray> channelLast = maps.stream().map(map -> map.transpose(0, 2, 3, 1)).toList();
      NDArray x = features(store, channelLast, training, probe);
      if (training && dropout > 0) {
        x = x.mul(keptChannels(x));
      }
      NDArray scores = Casts.single(classifier.forward(store, x, training)).transpose(0, 3, 1, 2);
      NDScope.unregister(scores);
      return scores;
    }
  }

  /** (B, 1, 1, C): 0 for a channel that is dropped, else what makes up for those. */
  private NDArray keptChannels(NDArray x) {
    Shape shape = new Shape(x.getShape().get(0), 1, 1, x.getShape().get(3));
    try (GradientMode off = GradientMode.off()) {
      NDArray uniform = x.getManager().randomUniform(0f, 1f, shape);
      return uniform.gte(dropout).toType(x.getDataType(), false).mul(1f / (1f - dropout));
    }
  }

  /**
   * What one image costs, one multiply-add being one operation; resizing is not counted.
   *
   * @param inputShapes of the maps that come in, (B, C, H, W) each; the batch is not counted
   * @return multiply-adds
   */
  public final long multiplyAdds(Shape[] inputShapes) {
    Shape scores = getOutputShapes(inputShapes)[0];
    return featureMultiplyAdds(inputShapes) + classifier.multiplyAdds(scores.get(2), scores.get(3));
  }

  /**
   * What {@link #features} cost.
   *
   * @param inputShapes of the maps that come in, (B, C, H, W) each
   * @return multiply-adds an image
   */
  protected abstract long featureMultiplyAdds(Shape[] inputShapes);

  /**
   * The map at whose size the scores are.
   *
   * @return counted from 0
   */
  protected int finestInput() {
    return 0;
  }

  @Override
  protected final NDList forwardInternal(
      ParameterStore store, NDList maps, boolean training, PairList<String, Object> params) {
    return new NDList(scores(store, maps, training, Probe.NONE));
  }

  /**
   * The scores, where one map comes in.
   *
   * @throws IllegalArgumentException if the head reads more maps, or the map has other channels
   */
  @Override
  public final NDArray forward(ParameterStore store, NDArray map, boolean training) {
    return scores(store, new NDList(map), training, Probe.NONE);
  }

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape finest = inputShapes[finestInput()];
    return new Shape[] {new Shape(finest.get(0), classes, finest.get(2), finest.get(3))};
  }
}
