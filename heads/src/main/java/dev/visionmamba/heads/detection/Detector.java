package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.Prediction;
import dev.visionmamba.heads.layers.Levels;
import dev.visionmamba.heads.neck.Neck;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A backbone with a neck and a head that finds objects. Its parameters have the names and the order
 * of the published state dicts: {@code backbone}, {@code neck}, then the head's own.
 *
 * <p>As a DJL block it takes images and gives the head's dense predictions.
 */
public final class Detector extends NamedBlock {
  private static final String BACKBONE = "backbone.";

  private final Backbone backbone;
  private final Neck neck;
  private final DetectionHead head;

  /**
   * A network with uninitialised parameters.
   *
   * @param backbone the backbone
   * @param neck what the backbone's maps pass first; null for none
   * @param head reads the neck's levels, or the backbone's
   * @throws IllegalArgumentException if one part does not read what the one before gives
   */
  public Detector(Backbone backbone, Neck neck, DetectionHead head) {
    List<LevelShape> levels = backbone.levels();
    if (neck != null) {
      Levels.requireFit("the neck", neck.inputs(), levels);
      levels = neck.levels();
    }
    Levels.requireFit("the head", head.inputs(), levels);
    this.backbone = child("backbone", backbone);
    this.neck = neck == null ? null : child("neck", neck);
    this.head = head;
    for (Pair<String, Block> part : head.getChildren()) {
      child(part.getKey(), part.getValue());
    }
  }

  /**
   * The objects in a batch of images. Records nothing for gradients, and keeps nothing in the
   * images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised, then padded with zeros on the right and at the
   *     bottom
   * @param frames what of each image is not padding, and its original size
   * @return those of each image
   * @throws IllegalArgumentException if the images have other channels or are too small, there are
   *     not as many frames, or the network computes scores or boxes that are not finite
   */
  public List<Detections> detect(ParameterStore store, NDArray images, List<ImageFrame> frames) {
    return detect(store, images, frames, head.options());
  }

  /**
   * The objects in a batch of images, selected otherwise than the head was made for.
   *
   * @param store the parameter store
   * @param images as above
   * @param frames as above
   * @param options which objects, and whether with masks
   * @return those of each image
   * @throws IllegalArgumentException as {@link #detect(ParameterStore, NDArray, List)} does
   */
  public List<Detections> detect(
      ParameterStore store, NDArray images, List<ImageFrame> frames, DetectionOptions options) {
    try (GradientMode off = GradientMode.off();
        NDManager manager = images.getManager().newSubManager(images.getDevice())) {
      NDArray borrowed = DetectionHead.borrowed(images, manager);
      return head.detect(store, pyramid(store, borrowed, false).maps(), frames, options);
    }
  }

  /**
   * What the head reads; differentiable. In prediction nothing else is left to the images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @return the levels, the finest first
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public FeaturePyramid pyramid(ParameterStore store, NDArray images, boolean training) {
    return Prediction.run(
        images,
        training,
        borrowed -> {
          FeaturePyramid pyramid = backbone.features(store, borrowed, training, Probe.NONE);
          return neck == null ? pyramid : neck.forward(store, pyramid, training).single();
        },
        FeaturePyramid::maps);
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList images, boolean training, PairList<String, Object> params) {
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn())) {
      return Prediction.run(
          images.singletonOrThrow(),
          training,
          borrowed -> head.forward(store, pyramid(store, borrowed, training).maps(), training),
          predictions -> predictions);
    }
  }

  /** The scores of the finest level. */
  @Override
  public NDArray forward(ParameterStore store, NDArray images, boolean training) {
    return forward(store, new NDList(images), training).head();
  }

  @Override
  public void adapt(Map<String, NDArray> tensors) {
    Map<String, NDArray> own = new HashMap<>();
    for (String name : List.copyOf(tensors.keySet())) {
      if (name.startsWith(BACKBONE)) {
        own.put(name.substring(BACKBONE.length()), tensors.remove(name));
      }
    }
    backbone.adapt(own);
    own.forEach((name, tensor) -> tensors.put(BACKBONE + name, tensor));
  }

  /**
   * The backbone.
   *
   * @return it
   */
  public Backbone backbone() {
    return backbone;
  }

  /**
   * The neck.
   *
   * @return null if there is none
   */
  public Neck neck() {
    return neck;
  }

  /**
   * The head, whose parameters are this network's.
   *
   * @return it
   */
  public DetectionHead head() {
    return head;
  }

  /**
   * What one image costs: one multiply-add is one operation, as the papers count. The heads of
   * regions are counted for as many regions and objects as the configuration lets pass, as
   * mmdetection counts; an image has fewer objects as a rule.
   *
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return multiply-adds
   */
  public long multiplyAdds(int height, int width) {
    Shape images = new Shape(1, backbone.imageChannels(), height, width);
    Shape[] maps = backbone.getOutputShapes(new Shape[] {images});
    long cost = backbone.multiplyAdds(height, width);
    if (neck != null) {
      cost += neck.multiplyAdds(maps);
      maps = neck.getOutputShapes(maps);
    }
    return cost + head.multiplyAdds(maps);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape[] maps = backbone.getOutputShapes(inputShapes);
    return head.getOutputShapes(neck == null ? maps : neck.getOutputShapes(maps));
  }
}
