package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.backbones.layers.PositionEmbeddings;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * PlainMamba (Yang et al. 2024, arXiv:2403.17695): a convolutional stem, a position embedding, and
 * layers of one width over the grid of patches, then a norm. A plain backbone: one map, at the
 * stride of the patches. There is no class token. Maps are channel-last inside.
 */
public final class PlainMamba extends Backbone {
  private static final float FINAL_EPSILON = 1e-6f;

  private final PlainMambaConfig config;
  private final Parameter positionEmbedding; // (1, L, C)
  private final ConvPatchEmbed patchEmbed;
  private final NamedBlocks<PlainMambaLayer> layers;
  private final LayerNorm finalNorm; // may be null

  /**
   * A network with uninitialised parameters. They start as in the published training
   * configurations: linear layers, the position embedding and the vectors of the moves normal with
   * deviation 0.02, convolutions as PyTorch's do.
   *
   * @param config its shape
   */
  public PlainMamba(PlainMambaConfig config) {
    this.config = config;
    long tokens = (long) config.gridHeight() * config.gridWidth();
    this.positionEmbedding =
        config.positionEmbedding()
            ? parameter(
                "pos_embed", Initializers.truncatedNormal(0.02f), 1, tokens, config.embedDims())
            : null;
    this.patchEmbed = child("patch_embed", new ConvPatchEmbed(config));
    this.layers = child("layers", new NamedBlocks<>());
    float[] rates = DropPath.rates(config.dropPathRate(), config.depth());
    for (int i = 0; i < config.depth(); i++) {
      layers.add(new PlainMambaLayer(config, i, rates[i]));
    }
    this.finalNorm =
        config.finalNorm() ? child("ln1", new LayerNorm(config.embedDims(), FINAL_EPSILON)) : null;
  }

  /**
   * The tokens after the final norm, where they lie: (B, H', W', C).
   *
   * @param probe sees {@code patch_embed}, {@code block0.mixer} and {@code block0} and so on, and
   *     {@code final}; tokens as (B, L, C)
   */
  private NDArray tokens(ParameterStore store, NDArray images, boolean training, Probe probe) {
    return tokens(store, images, training, probe, List.of(), map -> {});
  }

  /**
   * The same, with what some layers give on the way.
   *
   * @param indices the layers, counted from 0
   * @param taker is given each layer's map, (B, H', W', C), before the next layer runs, and may
   *     compute with it; the map is closed later
   */
  NDArray tokens(
      ParameterStore store,
      NDArray images,
      boolean training,
      Probe probe,
      List<Integer> indices,
      Consumer<NDArray> taker) {
    Probe seen = asTokens(probe);
    int frozen = frozenParts(images);
    NDArray x = embed(store, images, training, seen, frozen < 1);
    try (ContinuousScan scan = ContinuousScan.of(x)) {
      for (int i = 0; i < layers.list().size(); i++) {
        try (GradientMode mode = recording(frozen < i + 2)) {
          x = layer(i, store, x, scan, training, seen);
        }
        if (indices.contains(i)) {
          x = Tape.cut(x); // it goes two ways
          taker.accept(x);
        }
      }
    }
    NDArray tokens = x;
    if (finalNorm != null) {
      tokens = finalNorm.forward(store, x, training);
      release(training, x);
    }
    seen.see("final", tokens);
    return tokens;
  }

  /** A layer, (B, H', W', C) to the same shape; outside training its input is closed. */
  NDArray layer(
      int i, ParameterStore store, NDArray x, ContinuousScan scan, boolean training, Probe seen) {
    String name = "block" + i;
    NDArray y = layers.list().get(i).forward(store, x, scan, training, seen, name);
    seen.see(name, y);
    release(training, x);
    return y;
  }

  /** Frees what later layers will not read. In training, the graph may still need it. */
  static void release(boolean training, NDArray array) {
    if (!training) {
      array.close();
    }
  }

  /** A probe that shows channel-last maps as tokens. */
  static Probe asTokens(Probe probe) {
    if (probe == Probe.NONE) {
      return probe;
    }
    return (name, map) -> {
      try (NDArray tokens = flattened(map)) {
        probe.see(name, tokens);
      }
    };
  }

  /** (B, H', W', C) to (B, L, C), without copying. */
  private static NDArray flattened(NDArray map) {
    Shape shape = map.getShape();
    return map.reshape(shape.get(0), shape.get(1) * shape.get(2), shape.get(3));
  }

  /**
   * Patches plus position embeddings: (B, H', W', C).
   *
   * @param recorded whether gradients are wanted of it
   */
  NDArray embed(
      ParameterStore store, NDArray images, boolean training, Probe seen, boolean recorded) {
    NDArray x;
    try (GradientMode mode = recording(recorded)) {
      x = embed(store, images, training);
    }
    seen.see("patch_embed", x);
    return x;
  }

  private NDArray embed(ParameterStore store, NDArray images, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray pixels = Maps.channelLast(images, config.channels());
      NDArray map = patchEmbed.forward(store, pixels, training);
      if (positionEmbedding != null) {
        NDArray tokens = flattened(map).add(positions(store, map, training)); // (B, L, C)
        map = tokens.reshape(map.getShape());
      }
      map = Casts.single(map);
      NDScope.unregister(map);
      return map;
    }
  }

  /** The position embedding of a map's grid, (1, L, C). */
  private NDArray positions(ParameterStore store, NDArray map, boolean training) {
    NDArray stored = value(store, positionEmbedding, map, training);
    int height = Math.toIntExact(map.getShape().get(1));
    int width = Math.toIntExact(map.getShape().get(2));
    if (height == config.gridHeight() && width == config.gridWidth()) {
      return stored;
    }
    return PositionEmbeddings.resize(
        map.getManager(), stored, 0, config.gridHeight(), config.gridWidth(), height, width);
  }

  /**
   * One level: the tokens after the final norm.
   *
   * @throws IllegalArgumentException if the images have other channels
   */
  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray map = tokens(store, images, training, probe).transpose(0, 3, 1, 2); // (B, C, H', W')
    return new FeaturePyramid(List.of(new FeaturePyramid.Level(map, config.patchSize())));
  }

  /** The mean over the tokens after the final norm: (B, C). */
  @Override
  protected NDList classificationFeaturesInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray map = tokens(store, images, training, probe);
    return new NDList(flattened(map).mean(new int[] {1}));
  }

  @Override
  public ClassificationHead classificationHead(int classes) {
    return new PlainMambaHead(config.embedDims(), classes);
  }

  @Override
  protected List<NamedBlock> stages() {
    List<NamedBlock> stages = new ArrayList<>(List.of(patchEmbed));
    stages.addAll(layers.list());
    return stages;
  }

  @Override
  public List<LevelShape> levels() {
    return List.of(new LevelShape(config.embedDims(), config.patchSize()));
  }

  @Override
  public int imageChannels() {
    return config.channels();
  }

  @Override
  public Shape imageSize() {
    return new Shape(config.imageHeight(), config.imageWidth());
  }

  @Override
  public long multiplyAdds(int height, int width) {
    long h = patchEmbed.patches(height);
    long w = patchEmbed.patches(width);
    long cost = patchEmbed.multiplyAdds(height, width);
    for (PlainMambaLayer layer : layers.list()) {
      cost += layer.multiplyAdds(h, w);
    }
    return cost;
  }

  /**
   * The shape of this network.
   *
   * @return the configuration
   */
  public PlainMambaConfig config() {
    return config;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {
      new Shape(
          x.get(0), config.embedDims(), patchEmbed.patches(x.get(2)), patchEmbed.patches(x.get(3)))
    };
  }
}
