package dev.visionmamba.backbones.vim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.DerivedBackbone;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.BatchNorm;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Vim as the published segmenters use it: what the mixers of four layers at even depths give, the
 * residual stream left out, brought to a quarter, a half, once and twice the stride of the patches.
 * Parameters: the backbone's, then {@code fpn1} (transposed convolutions 0 and 3 with a batch norm
 * 1 and GELU between them) and {@code fpn2} (a transposed convolution 0).
 */
public final class VimPyramid extends DerivedBackbone<Vim> {
  private static final int LEVELS = 4;
  private static final float EPSILON = 1e-5f;

  private final List<Integer> layers;
  private final Quadrupled quadrupled;
  private final Doubled doubled;

  /** To four times the size. */
  private static final class Quadrupled extends NamedBlock {
    private final ConvTranspose2x2 first;
    private final BatchNorm norm;
    private final ConvTranspose2x2 second;

    Quadrupled(int channels) {
      this.first = child("0", new ConvTranspose2x2(channels, channels));
      this.norm = child("1", new BatchNorm(channels, EPSILON));
      this.second = child("3", new ConvTranspose2x2(channels, channels)); // 2 is the GELU
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      try (NDArray twice = first.forward(store, x, training);
          NDArray normalized = norm.forward(store, twice, training);
          NDArray active = Activation.gelu(normalized)) {
        return second.forward(store, active, training);
      }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return second.getOutputShapes(first.getOutputShapes(inputShapes));
    }
  }

  /** To twice the size. */
  private static final class Doubled extends NamedBlock {
    private final ConvTranspose2x2 convolution;

    Doubled(int channels) {
      this.convolution = child("0", new ConvTranspose2x2(channels, channels));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return convolution.forward(store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return convolution.getOutputShapes(inputShapes);
    }
  }

  /**
   * A pyramid over a backbone, with uninitialised parameters.
   *
   * @param net a backbone without class tokens, of at least four layers, whose stride is a multiple
   *     of 4; as published, for images of 512x512
   * @throws IllegalArgumentException if it is another
   */
  public VimPyramid(Vim net) {
    super(net, false);
    VimConfig config = net.config();
    if (config.classTokens() > 0 || config.depth() < LEVELS || config.stride() % 4 != 0) {
      throw new IllegalArgumentException(
          String.format(
              "Vim's pyramid needs no class tokens, a depth of at least %d and a stride that is a"
                  + " multiple of 4, but there are %d, %d and %d",
              LEVELS, config.classTokens(), config.depth(), config.stride()));
    }
    this.layers =
        IntStream.rangeClosed(1, LEVELS).mapToObj(i -> i * config.depth() / LEVELS - 1).toList();
    this.quadrupled = child("fpn1", new Quadrupled(config.embedDim()));
    this.doubled = child("fpn2", new Doubled(config.embedDim()));
  }

  /**
   * Four levels, the finest from the first of the layers.
   *
   * @param probe sees what the backbone shows
   * @throws IllegalArgumentException if the images have other channels, or less than 2x2 patches
   */
  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    requireTwoPatches(net().getOutputShapes(new Shape[] {images.getShape()})[0]);
    List<NDArray> maps = net().mixerMaps(store, images, training, probe, layers); // (B, C, H, W)
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray finest = maps.get(0).transpose(0, 2, 3, 1);
      NDArray fine = maps.get(1).transpose(0, 2, 3, 1);
      Shape two = new Shape(2, 2);
      NDList levels =
          new NDList(
              quadrupled.forward(store, finest, training).transpose(0, 3, 1, 2),
              doubled.forward(store, fine, training).transpose(0, 3, 1, 2),
              maps.get(2),
              Pool.maxPool2d(maps.get(3), two, two, new Shape(0, 0), false));
      NDScope.unregister(levels);
      List<FeaturePyramid.Level> pyramid = new ArrayList<>();
      for (int i = 0; i < LEVELS; i++) {
        pyramid.add(new FeaturePyramid.Level(levels.get(i), strideOf(i)));
      }
      return new FeaturePyramid(pyramid);
    }
  }

  private static void requireTwoPatches(Shape map) {
    if (map.get(2) < 2 || map.get(3) < 2) {
      throw new IllegalArgumentException(
          "Vim's pyramid needs at least 2x2 patches, but the images have "
              + map.get(2)
              + "x"
              + map.get(3));
    }
  }

  private int strideOf(int level) {
    return net().config().stride() / 4 << level;
  }

  @Override
  public List<LevelShape> levels() {
    return IntStream.range(0, LEVELS)
        .mapToObj(i -> new LevelShape(net().config().embedDim(), strideOf(i)))
        .toList();
  }

  @Override
  public long multiplyAdds(int height, int width) {
    Shape map =
        net().getOutputShapes(new Shape[] {new Shape(1, imageChannels(), height, width)})[0];
    long h = map.get(2);
    long w = map.get(3);
    return net().multiplyAdds(height, width)
        + quadrupled.first.multiplyAdds(h, w)
        + quadrupled.second.multiplyAdds(2 * h, 2 * w)
        + doubled.convolution.multiplyAdds(h, w);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape map = net().getOutputShapes(inputShapes)[0];
    long height = map.get(2);
    long width = map.get(3);
    Shape level = new Shape(map.get(0), map.get(1));
    return new Shape[] {
      level.addAll(new Shape(4 * height, 4 * width)),
      level.addAll(new Shape(2 * height, 2 * width)),
      level.addAll(new Shape(height, width)),
      level.addAll(new Shape(height / 2, width / 2))
    };
  }
}
