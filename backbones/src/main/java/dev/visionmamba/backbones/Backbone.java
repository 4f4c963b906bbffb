package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.Prediction;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
   * The feature maps of a batch. In prediction nothing else is left to the images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees intermediate results
   * @return the pyramid
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public final FeaturePyramid features(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    Probe seen = probe.in(images.getManager());
    return Prediction.run(
        images,
        training,
        borrowed -> featuresInternal(store, borrowed, training, seen).single(),
        FeaturePyramid::maps);
  }

  /**
   * Computes {@link #features}; what it makes on the way may stay in the images' manager, which in
   * prediction ends with the call.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees intermediate results
   * @return the pyramid
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  protected abstract FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe);

  /**
   * What the {@linkplain #classificationHead classification head} reads. In prediction nothing else
   * is left to the images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees intermediate results
   * @return unless a family says otherwise, (B, C)
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public final NDList classificationFeatures(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    Probe seen = probe.in(images.getManager());
    return Prediction.run(
        images,
        training,
        borrowed -> classificationFeaturesInternal(store, borrowed, training, seen),
        features -> features);
  }

  /**
   * Computes {@link #classificationFeatures}. Unless a family says otherwise, the mean over the
   * coarsest map.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees intermediate results
   * @return (B, C)
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  protected NDList classificationFeaturesInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray map = features(store, images, training, probe).coarsest().map(); // (B, C, H, W)
    Shape shape = map.getShape();
    return new NDList(map.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2}));
  }

  /**
   * The head of the family's published classifier, with uninitialised parameters. Unless a family
   * says otherwise, a linear layer.
   *
   * @param classes how many classes, at least 1
   * @return a head that reads {@link #classificationFeatures}
   */
  public ClassificationHead classificationHead(int classes) {
    List<LevelShape> levels = levels();
    return new LinearHead(levels.get(levels.size() - 1).channels(), classes);
  }

  /**
   * The parts that images pass one after the other: the stem, then each stage; a plain backbone's
   * stages are its layers.
   *
   * @return at least one
   */
  protected abstract List<NamedBlock> stages();

  /**
   * The steps of depth, for learning rates that differ by depth: first what belongs to the stem,
   * then each layer. A way from one stage to the next counts with the layer that it leads to.
   * Unless a family says otherwise, the stages.
   *
   * @return at least one step, each of at least one block
   */
  protected List<List<NamedBlock>> layers() {
    return stages().stream().map(List::of).toList();
  }

  /**
   * How deep each parameter lies: 0 in the stem and for the backbone's own parameters, such as
   * tokens and position embeddings; n in the n-th layer, counted over all stages; {@link
   * #layerCount()} + 1 behind the last layer, such as in a final norm, where the head lies too.
   * BEiT counts so (arXiv:2106.08254).
   *
   * @return the depth of every parameter, by its id
   */
  public final Map<String, Integer> depths() {
    Map<String, Integer> depths = new HashMap<>();
    getParameters().values().forEach(after -> depths.put(after.getId(), layerCount() + 1));
    ownParameters().values().forEach(own -> depths.put(own.getId(), 0));
    List<List<NamedBlock>> layers = layers();
    for (int i = 0; i < layers.size(); i++) {
      for (NamedBlock block : layers.get(i)) {
        for (Parameter parameter : block.getParameters().values()) {
          depths.put(parameter.getId(), i);
        }
      }
    }
    return depths;
  }

  /**
   * How many layers there are, the stem left out.
   *
   * @return at least 0
   */
  public final int layerCount() {
    return layers().size() - 1;
  }

  /**
   * Parameters that are in none of the {@linkplain #stages parts}, such as position embeddings.
   *
   * @return unless a backbone stands on another, its direct ones
   */
  protected ParameterList ownParameters() {
    return getDirectParameters();
  }

  /**
   * Freezes the stem, with the backbone's own parameters such as tokens and position embeddings,
   * and the first stages: their parameters get no gradients any more, and their batch norms keep
   * their statistics. A training step records nothing in them, unless gradients of the images are
   * wanted: of images that require gradients themselves.
   *
   * @param count how many stages besides the stem; below 0 for not even the stem
   * @throws IllegalArgumentException if there are not so many
   */
  public final void freezeStages(int count) {
    List<NamedBlock> parts = stages();
    if (count >= parts.size()) {
      throw new IllegalArgumentException(
          "there are " + (parts.size() - 1) + " stages, so " + count + " cannot be frozen");
    }
    if (count >= 0) {
      ownParameters().values().forEach(own -> own.freeze(true));
    }
    parts.subList(0, count + 1).forEach(part -> part.freezeParameters(true));
  }

  /**
   * How many of the first {@linkplain #stages parts} need no gradients.
   *
   * @param images what the network is given
   * @return 0 if the stem learns, or a parameter of the backbone's own, or the images do
   */
  protected final int frozenParts(NDArray images) {
    if (images.hasGradient() || learns(ownParameters())) {
      return 0;
    }
    int count = 0;
    for (NamedBlock part : stages()) {
      if (learns(part.getParameters())) {
        return count;
      }
      count++;
    }
    return count;
  }

  private static boolean learns(ParameterList parameters) {
    return parameters.values().stream().anyMatch(Parameter::requiresGradient);
  }

  /**
   * Autograd's mode in a part: as it is, but off where the part needs no gradients.
   *
   * @param needed whether it does
   * @return closes to the mode before
   */
  protected static GradientMode recording(boolean needed) {
    return GradientMode.set(needed && GradientMode.isOn());
  }

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
