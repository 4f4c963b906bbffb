package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.List;
import java.util.Optional;

/**
 * A network that turns images into features. As a DJL block it takes images (B, channels, H, W) and
 * gives the maps of its feature pyramid.
 */
public abstract class Backbone extends NamedBlock {

  /** For subclasses. */
  protected Backbone() {}

  /**
   * The shape of a level of the pyramid.
   *
   * @param channels channels of the map
   * @param stride how many pixels one step on the map spans
   */
  public record LevelShape(int channels, int stride) {}

  /**
   * The levels that {@link #features} gives, the finest first.
   *
   * @return at least one
   */
  public abstract List<LevelShape> levels();

  /**
   * The feature maps of a batch.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees intermediate results
   * @return the pyramid
   */
  public abstract FeaturePyramid features(
      ParameterStore store, NDArray images, boolean training, Probe probe);

  /**
   * The one vector an image that the family's published classifier reads.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees intermediate results
   * @return (B, {@link #pooledChannels})
   */
  public abstract NDArray pooled(
      ParameterStore store, NDArray images, boolean training, Probe probe);

  /**
   * Length of the vector that {@link #pooled} gives.
   *
   * @return at least 1
   */
  public abstract int pooledChannels();

  /**
   * Channels of the images.
   *
   * @return 3 for RGB, 1 for grey
   */
  public abstract int imageChannels();

  /**
   * The image size that the network was made for; others are accepted too.
   *
   * @return height and width in pixels
   */
  public abstract Shape imageSize();

  /**
   * What one image costs, counted as the papers do: one multiply-add is one operation.
   *
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return multiply-adds
   */
  public abstract long multiplyAdds(int height, int width);

  /**
   * The child after which the published state dict lists the classifier's head.
   *
   * @return empty for the end of the state dict
   */
  public Optional<String> headFollows() {
    return Optional.empty();
  }

  @Override
  protected final NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn())) {
      return features(store, inputs.singletonOrThrow(), training, Probe.NONE).maps();
    }
  }

  @Override
  public final NDArray forward(ParameterStore store, NDArray images, boolean training) {
    return forward(store, new NDList(images), training).head();
  }
}
