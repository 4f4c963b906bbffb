package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.layers.Levels;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What finds objects in the levels of a feature pyramid. As a DJL block it takes the levels' maps
 * (B, C, H, W), the finest first, and gives its dense predictions: for each level scores (B, A x K,
 * H, W) and deltas (B, A x 4, H, W), for A anchors a place.
 */
public abstract class DetectionHead extends NamedBlock {
  private final int channels;
  private final List<LevelShape> inputs;

  /** Over levels of these strides. */
  DetectionHead(int channels, List<Integer> strides) {
    this.channels = channels;
    this.inputs = strides.stream().map(stride -> new LevelShape(channels, stride)).toList();
  }

  /**
   * The levels that the head reads.
   *
   * @return the finest first
   */
  public final List<LevelShape> inputs() {
    return inputs;
  }

  /**
   * The objects in the images of a batch. Records nothing for gradients, and keeps nothing in the
   * maps' manager.
   *
   * @param store the parameter store
   * @param maps (B, C, H, W) of each level, the finest first
   * @param images one for each of the batch
   * @return those of each image
   * @throws IllegalArgumentException if the levels are not as many, or not of the channels, as the
   *     head was made for, there are not as many images, or the network computes scores or boxes
   *     that are not finite
   */
  public final List<Detections> detect(
      ParameterStore store, List<NDArray> maps, List<ImageFrame> images) {
    return detect(store, maps, images, options());
  }

  /**
   * The objects in the images of a batch, selected otherwise than the head was made for.
   *
   * @param store the parameter store
   * @param maps (B, C, H, W) of each level, the finest first
   * @param images one for each of the batch
   * @param options which objects, and whether with masks
   * @return those of each image
   * @throws IllegalArgumentException as {@link #detect(ParameterStore, List, List)} does
   */
  public final List<Detections> detect(
      ParameterStore store, List<NDArray> maps, List<ImageFrame> images, DetectionOptions options) {
    requireMaps(maps);
    long batch = maps.get(0).getShape().get(0);
    if (images.size() != batch) {
      throw new IllegalArgumentException(
          "a batch of " + batch + " needs as many frames, but there are " + images.size());
    }
    try (GradientMode off = GradientMode.off();
        NDManager manager = maps.get(0).getManager().newSubManager(maps.get(0).getDevice())) {
      List<NDArray> borrowed = maps.stream().map(map -> borrowed(map, manager)).toList();
      return detectIn(store, channelLast(borrowed), images, options);
    }
  }

  /** The same memory in another manager, which then owns all that is computed from it. */
  static NDArray borrowed(NDArray array, NDManager manager) {
    NDArray borrowed = array.stopGradient();
    borrowed.attach(manager);
    return borrowed;
  }

  /** The same, on maps (B, H, W, C). */
  abstract List<Detections> detectIn(
      ParameterStore store, List<NDArray> maps, List<ImageFrame> images, DetectionOptions options);

  /**
   * Which objects the head gives if nothing else is asked for.
   *
   * @return as it was made for, with masks if it finds any
   */
  public abstract DetectionOptions options();

  /**
   * Whether objects can have masks.
   *
   * @return true if the head has a mask head
   */
  public final boolean findsMasks() {
    return options().masks();
  }

  /**
   * The dense predictions, differentiable.
   *
   * @param store the parameter store
   * @param maps (B, H, W, C) of each level, the finest first; inside a training step they are best
   *     {@linkplain #channelLast made} once and used for all that reads them
   * @param training whether this is a training step
   * @return one for each level
   */
  public abstract List<LevelPrediction> predict(
      ParameterStore store, List<NDArray> maps, boolean training);

  /**
   * Maps as the head's parts read them. Inside a training step they start a new piece of the
   * gradient's graph, so that several parts can read them.
   *
   * @param maps (B, C, H, W)
   * @return (B, H, W, C), contiguous
   */
  public final List<NDArray> channelLast(List<NDArray> maps) {
    List<NDArray> last = new ArrayList<>();
    maps.forEach(map -> last.add(Maps.channelLast(map, channels)));
    if (Tape.current() == null) {
      return last;
    }
    // Levels are computed from each other, so they must be differentiated at once: one cut for all.
    NDArray all = Tape.cut(NDArrays.concat(flat(last)));
    long from = 0;
    for (int i = 0; i < last.size(); i++) {
      Shape shape = last.get(i).getShape();
      last.set(i, all.get(new NDIndex("{}:{}", from, from + shape.size())).reshape(shape));
      from += shape.size();
    }
    return last;
  }

  private static NDList flat(List<NDArray> maps) {
    NDList flat = new NDList();
    maps.forEach(map -> flat.add(map.flatten()));
    return flat;
  }

  /**
   * Refuses maps that the head was not made for.
   *
   * @throws IllegalArgumentException if the levels are not as many, or not of the channels, as the
   *     head was made for, or of different batches
   */
  final void requireMaps(List<NDArray> maps) {
    Shape[] shapes = maps.stream().map(NDArray::getShape).toArray(Shape[]::new);
    Levels.requireMaps("a detection head", inputs, shapes);
  }

  @Override
  protected final NDList forwardInternal(
      ParameterStore store, NDList maps, boolean training, PairList<String, Object> params) {
    requireMaps(maps);
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn());
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDList outputs = new NDList();
      for (LevelPrediction prediction : predict(store, channelLast(maps), training)) {
        outputs.add(prediction.scores().transpose(0, 3, 1, 2));
        outputs.add(prediction.deltas().transpose(0, 3, 1, 2));
      }
      NDScope.unregister(outputs);
      return outputs;
    }
  }

  /**
   * The scores of one level, of a head that has only one.
   *
   * @throws IllegalArgumentException if it has more
   */
  @Override
  public final NDArray forward(ParameterStore store, NDArray map, boolean training) {
    return forward(store, new NDList(map), training).head();
  }

  /** How many anchors there are at a place of a level. */
  abstract int anchors();

  /** How many scores an anchor has. */
  abstract int scoresOfAnchor();

  /** What predicts at every place. */
  abstract DenseHead dense();

  /** What the heads of regions cost at most, in multiply-adds; 0 where there are none. */
  long regionMultiplyAdds() {
    return 0;
  }

  /**
   * What one image costs: the dense predictions, and the heads of regions at most, which are as
   * many as the head's configuration lets pass.
   *
   * @param maps the shapes of the levels' maps, (B, C, H, W); the batch is not counted
   * @return multiply-adds
   */
  public final long multiplyAdds(Shape[] maps) {
    long cost = regionMultiplyAdds();
    for (Shape size : sizes(Arrays.stream(maps).map(shape -> shape.slice(2)).toList())) {
      cost += dense().multiplyAdds(size.get(0), size.get(1));
    }
    return cost;
  }

  /** The sizes of what is predicted on, (H, W), by those of the maps. */
  List<Shape> sizes(List<Shape> maps) {
    return maps;
  }

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    List<Shape> shapes = new ArrayList<>();
    Shape batch = inputShapes[0].slice(0, 1);
    for (Shape size : sizes(Arrays.stream(inputShapes).map(shape -> shape.slice(2)).toList())) {
      shapes.add(batch.add((long) anchors() * scoresOfAnchor()).addAll(size));
      shapes.add(batch.add(4L * anchors()).addAll(size));
    }
    return shapes.toArray(new Shape[0]);
  }
}
