package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * PlainMamba as the published segmenters use it: the maps of four layers at even depths, all at the
 * stride of the patches. Each passes a norm, {@code norm_layer5} for layer 5 and so on; the last
 * layer's is the backbone's own. The other parameters have the backbone's names.
 */
public final class PlainMambaPyramid extends Backbone {
  private static final int LEVELS = 4;
  private static final float EPSILON = 1e-6f;

  private final PlainMamba net;
  private final List<Integer> layers;
  private final List<LayerNorm> norms = new ArrayList<>();
  private final List<String> normNames = new ArrayList<>();

  /**
   * A pyramid over a backbone, with uninitialised parameters.
   *
   * @param net a backbone of at least four layers
   * @throws IllegalArgumentException if it has fewer
   */
  public PlainMambaPyramid(PlainMamba net) {
    int depth = net.config().depth();
    if (depth < LEVELS) {
      throw new IllegalArgumentException(
          "maps of " + LEVELS + " layers are shown, but num_layers is " + depth);
    }
    this.net = child("net", net);
    this.layers = IntStream.rangeClosed(1, LEVELS).mapToObj(i -> i * depth / LEVELS - 1).toList();
    for (int layer : layers.subList(0, LEVELS - 1)) {
      normNames.add("norm_layer" + layer);
      norms.add(child("norm_layer" + layer, new LayerNorm(net.config().embedDims(), EPSILON)));
    }
  }

  /**
   * Four levels at one stride, the first layers' first.
   *
   * @param probe sees what the backbone shows
   * @throws IllegalArgumentException if the images have other channels
   */
  @Override
  public FeaturePyramid features(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<NDArray> maps = new ArrayList<>();
    NDArray last =
        net.tokens(
            store,
            images,
            training,
            probe,
            layers.subList(0, LEVELS - 1),
            map -> maps.add(norms.get(maps.size()).forward(store, map, training)));
    maps.add(last);
    int stride = net.config().patchSize();
    return new FeaturePyramid(
        maps.stream()
            .map(map -> new FeaturePyramid.Level(map.transpose(0, 3, 1, 2), stride))
            .toList());
  }

  @Override
  public List<LevelShape> levels() {
    return IntStream.range(0, LEVELS).mapToObj(i -> net.levels().get(0)).toList();
  }

  /** The backbone's, then the norms'. */
  @Override
  public ParameterList getParameters() {
    ParameterList list = net.getParameters();
    for (int i = 0; i < norms.size(); i++) {
      String prefix = normNames.get(i) + ".";
      norms.get(i).getParameters().forEach(p -> list.add(prefix + p.getKey(), p.getValue()));
    }
    return list;
  }

  /** The backbone's own. */
  @Override
  public ParameterList getDirectParameters() {
    return net.getDirectParameters();
  }

  @Override
  public void adapt(Map<String, NDArray> tensors) {
    net.adapt(tensors);
  }

  /** The backbone's own. */
  @Override
  public NDList classificationFeatures(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    return net.classificationFeatures(store, images, training, probe);
  }

  /** The backbone's own. */
  @Override
  public ClassificationHead classificationHead(int classes) {
    return net.classificationHead(classes);
  }

  /** The backbone's; the norms are never frozen. */
  @Override
  protected List<NamedBlock> stages() {
    return net.stages();
  }

  @Override
  public int imageChannels() {
    return net.imageChannels();
  }

  @Override
  public Shape imageSize() {
    return net.imageSize();
  }

  @Override
  public long multiplyAdds(int height, int width) {
    return net.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape map = net.getOutputShapes(inputShapes)[0];
    return new Shape[] {map, map, map, map};
  }
}
