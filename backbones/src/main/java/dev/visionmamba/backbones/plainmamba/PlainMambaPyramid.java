package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.DerivedBackbone;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.LayerNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * PlainMamba as the published segmenters use it: the maps of four layers at even depths, all at the
 * stride of the patches. Each passes a norm, {@code norm_layer5} for layer 5 and so on; the last
 * layer's is the backbone's own. The other parameters have the backbone's names.
 */
public final class PlainMambaPyramid extends DerivedBackbone<PlainMamba> {
  private static final int LEVELS = 4;
  private static final float EPSILON = 1e-6f;

  private final List<Integer> layers;
  private final List<LayerNorm> norms = new ArrayList<>();

  /**
   * A pyramid over a backbone, with uninitialised parameters.
   *
   * @param net a backbone of at least four layers
   * @throws IllegalArgumentException if it has fewer
   */
  public PlainMambaPyramid(PlainMamba net) {
    super(net, false);
    int depth = net.config().depth();
    if (depth < LEVELS) {
      throw new IllegalArgumentException(
          "maps of " + LEVELS + " layers are shown, but num_layers is " + depth);
    }
    this.layers = IntStream.rangeClosed(1, LEVELS).mapToObj(i -> i * depth / LEVELS - 1).toList();
    for (int layer : layers.subList(0, LEVELS - 1)) {
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
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<NDArray> maps = new ArrayList<>();
    NDArray last =
        net()
            .tokens(
                store,
                images,
                training,
                probe,
                layers.subList(0, LEVELS - 1),
                map -> maps.add(norms.get(maps.size()).forward(store, map, training)));
    maps.add(last);
    int stride = net().config().patchSize();
    return new FeaturePyramid(
        maps.stream()
            .map(map -> new FeaturePyramid.Level(map.transpose(0, 3, 1, 2), stride))
            .toList());
  }

  @Override
  public List<LevelShape> levels() {
    return IntStream.range(0, LEVELS).mapToObj(i -> net().levels().get(0)).toList();
  }

  @Override
  public long multiplyAdds(int height, int width) {
    return net().multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape map = net().getOutputShapes(inputShapes)[0];
    return new Shape[] {map, map, map, map};
  }
}
