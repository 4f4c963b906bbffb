package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.DerivedBackbone;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.adapter.InteractionBlock;
import dev.visionmamba.backbones.adapter.InteractionBlock.Streams;
import dev.visionmamba.backbones.adapter.SpatialPriorModule;
import dev.visionmamba.backbones.layers.BatchNorm;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlocks;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * PlainMamba as the published detectors use it: with an adapter (ViT-Adapter, Chen et al. 2022,
 * arXiv:2205.08534) that gives four levels of strides 4, 8, 16 and 32. A convolutional branch sees
 * the image in four scales; it and PlainMamba's layers tell each other what they see, in turns.
 *
 * <p>Parameters: the backbone's by their own names, {@code level_embed} (3, C), {@code spm}, {@code
 * interactions}, {@code up} and {@code ad_norm1} to {@code ad_norm4}. Images must have sides that
 * are multiples of 32 pixels, as detectors pad them.
 */
public final class PlainMambaAdapter extends DerivedBackbone<PlainMamba> {
  private static final int LEVELS = 4;
  private static final int FINEST = 4;
  private static final int COARSEST = 32;
  private static final float EPSILON = 1e-5f;

  /** libtorch's bilinear interpolation, by DJL's number. */
  private static final int BILINEAR = 1;

  private final PlainMambaAdapterConfig config;
  private final Parameter levelEmbed;
  private final SpatialPriorModule spm;
  private final NamedBlocks<InteractionBlock> interactions;
  private final ConvTranspose2x2 up;
  private final List<BatchNorm> norms = new ArrayList<>();

  /**
   * A network with uninitialised parameters. They start as in the published training: what the
   * adapter injects counts for nothing yet.
   *
   * @param config its shape
   */
  public PlainMambaAdapter(PlainMambaAdapterConfig config) {
    super(new PlainMamba(config.net()), false);
    this.config = config;
    int channels = config.net().embedDims();
    this.levelEmbed = parameter("level_embed", Initializers.normal(1), LEVELS - 1, channels);
    this.spm =
        child(
            "spm",
            new SpatialPriorModule(
                config.net().channels(), config.adapter().priorChannels(), channels));
    this.interactions = child("interactions", new NamedBlocks<>());
    int count = config.interactionIndexes().size();
    for (int i = 0; i < count; i++) {
      interactions.add(
          new InteractionBlock(
              channels, config.adapter(), i == count - 1, config.net().dropPathRate()));
    }
    this.up =
        child(
            "up",
            new ConvTranspose2x2(
                channels,
                channels,
                Initializers.heNormal(4L * channels),
                Initializers.constant(0f)));
    for (int i = 1; i <= LEVELS; i++) {
      norms.add(child("ad_norm" + i, new BatchNorm(channels, EPSILON)));
    }
  }

  /** What the convolutional branch sees: (B, H/4, W/4, C), and the tokens of the coarser maps. */
  private record Priors(NDArray finest, NDArray tokens) {}

  /**
   * Four levels, the finest first.
   *
   * @param probe sees {@code patch_embed}, {@code block0.mixer} and {@code block0} and so on, as
   *     tokens (B, L, C); {@code interaction0} and so on, the tokens of the coarser three levels
   *     after an extraction; and {@code pyramid0} to {@code pyramid3}, as (B, C, H, W)
   * @throws IllegalArgumentException if the images have other channels, or sides that are no
   *     multiples of 32
   */
  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    requireWhole(images.getShape());
    Probe seen = PlainMamba.asTokens(probe);
    boolean learns = frozenParts(images) < 1; // the layers see what is injected, frozen or not
    NDArray start = net().embed(store, images, training, seen, learns);
    Priors priors = priors(store, images, training);
    Streams streams = new Streams(start, priors.tokens());
    try (ContinuousScan scan = ContinuousScan.of(start)) {
      for (int i = 0; i < interactions.list().size(); i++) {
        List<Integer> range = config.interactionIndexes().get(i);
        streams =
            interactions
                .list()
                .get(i)
                .forward(
                    store,
                    streams,
                    map -> layers(store, map, range, scan, training, seen),
                    training);
        probe.see("interaction" + i, streams.tokens());
      }
    }
    NDList maps = maps(store, priors.finest(), streams, training);
    for (NDArray array : new NDArray[] {priors.finest(), streams.map(), streams.tokens()}) {
      PlainMamba.release(training, array);
    }
    List<FeaturePyramid.Level> levels = new ArrayList<>();
    for (int i = 0; i < LEVELS; i++) {
      probe.see("pyramid" + i, maps.get(i));
      levels.add(new FeaturePyramid.Level(maps.get(i), FINEST << i));
    }
    return new FeaturePyramid(levels);
  }

  private NDArray layers(
      ParameterStore store,
      NDArray map,
      List<Integer> range,
      ContinuousScan scan,
      boolean training,
      Probe seen) {
    NDArray x = map;
    for (int i = range.get(0); i <= range.get(1); i++) {
      x = net().layer(i, store, x, scan, training, seen);
    }
    return x;
  }

  private Priors priors(ParameterStore store, NDArray images, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray pixels = Maps.channelLast(images, config.net().channels());
      NDList maps = spm.priors(store, pixels, training);
      maps.forEach(NDScope::register); // so far in the module's own scope
      NDArray embeds = value(store, levelEmbed, images, training);
      NDList tokens = new NDList();
      for (int i = 1; i < LEVELS; i++) {
        Shape shape = maps.get(i).getShape();
        tokens.add(
            maps.get(i)
                .reshape(shape.get(0), shape.get(1) * shape.get(2), shape.get(3))
                .add(embeds.get(new NDIndex().addIndices(i - 1))));
      }
      Priors priors = new Priors(maps.get(0), NDArrays.concat(tokens, 1));
      NDScope.unregister(priors.finest(), priors.tokens());
      return priors;
    }
  }

  /** What both branches say together of each scale, after its norm: (B, C, H, W). */
  private NDList maps(ParameterStore store, NDArray finest, Streams streams, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray seen = streams.map(); // (B, H, W, C)
      Shape shape = seen.getShape();
      NDList maps = new NDList();
      long first = 0;
      for (int i = 1; i < LEVELS; i++) {
        long h = (shape.get(1) << 1) >> (i - 1);
        long w = (shape.get(2) << 1) >> (i - 1);
        NDIndex range = new NDIndex().addAllDim().addSliceDim(first, first + h * w);
        maps.add(streams.tokens().get(range).reshape(shape.get(0), h, w, shape.get(3)));
        first += h * w;
      }
      maps.add(0, sum(up.forward(store, maps.get(0), training), finest, training));
      NDList sums =
          new NDList(
              sum(enlarged(seen, 4), maps.get(0), training),
              sum(enlarged(seen, 2), maps.get(1), training),
              maps.get(2).add(seen),
              sum(halved(seen), maps.get(3), training));
      NDList levels = new NDList();
      for (int i = 0; i < LEVELS; i++) {
        levels.add(norms.get(i).forward(store, sums.get(i), training).transpose(0, 3, 1, 2));
      }
      NDScope.unregister(levels);
      return levels;
    }
  }

  /** a + b. Outside training a, which nothing else reads, becomes the sum. */
  private static NDArray sum(NDArray a, NDArray b, boolean training) {
    return training ? a.add(b) : a.addi(b);
  }

  /** Interpolated between the centres of pixels. */
  private static NDArray enlarged(NDArray map, int times) {
    Shape shape = map.getShape();
    long[] size = {times * shape.get(1), times * shape.get(2)};
    return map.transpose(0, 3, 1, 2)
        .getNDArrayInternal()
        .interpolation(size, BILINEAR, false)
        .transpose(0, 2, 3, 1);
  }

  /** The same to half the sides: the mean of 2x2 pixels. */
  private static NDArray halved(NDArray map) {
    Shape two = new Shape(2, 2);
    return Pool.avgPool2d(map.transpose(0, 3, 1, 2), two, two, new Shape(0, 0), false, true)
        .transpose(0, 2, 3, 1);
  }

  private void requireWhole(Shape images) {
    Maps.requireImages(images, imageChannels());
    long height = images.get(2);
    long width = images.get(3);
    if (height % COARSEST != 0 || width % COARSEST != 0 || height == 0 || width == 0) {
      throw new IllegalArgumentException(
          String.format(
              "PlainMamba's adapter takes images whose sides are multiples of %d pixels, but they"
                  + " are %dx%d; pad them at the right and the bottom",
              COARSEST, height, width));
    }
  }

  @Override
  public List<LevelShape> levels() {
    return IntStream.range(0, LEVELS)
        .mapToObj(i -> new LevelShape(config.net().embedDims(), FINEST << i))
        .toList();
  }

  @Override
  public long multiplyAdds(int height, int width) {
    int h = (height + COARSEST - 1) / COARSEST * 2;
    int w = (width + COARSEST - 1) / COARSEST * 2;
    long cost = net().multiplyAdds(height, width) + spm.multiplyAdds(height, width);
    for (InteractionBlock interaction : interactions.list()) {
      cost += interaction.multiplyAdds(h, w);
    }
    return cost + up.multiplyAdds(2L * h, 2L * w);
  }

  /**
   * The shape of this network.
   *
   * @return the configuration
   */
  public PlainMambaAdapterConfig config() {
    return config;
  }

  /**
   * The levels' shapes.
   *
   * @throws IllegalArgumentException if the images have other channels, or sides that are no
   *     multiples of 32
   */
  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    requireWhole(x);
    return IntStream.range(0, LEVELS)
        .mapToObj(
            i ->
                new Shape(
                    x.get(0),
                    config.net().embedDims(),
                    x.get(2) / (FINEST << i),
                    x.get(3) / (FINEST << i)))
        .toArray(Shape[]::new);
  }
}
