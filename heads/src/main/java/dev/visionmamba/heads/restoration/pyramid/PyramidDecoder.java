package dev.visionmamba.heads.restoration.pyramid;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.Levels;
import dev.visionmamba.heads.restoration.layers.Scopes;
import java.util.ArrayList;
import java.util.List;

/**
 * A restoration head: climbs a feature pyramid, doubling the resolution step by step, up to that of
 * the image, and gives what is to be added to it. At each step it takes across what the way down
 * has there: a level of the pyramid, or, where the pyramid is too coarse, features that strided
 * convolutions find in the image. The shape is that of U-Net (arXiv:1505.04597), as hierarchical
 * restorers have it.
 */
public final class PyramidDecoder extends NamedBlock {
  /** To the shallow features of half the resolution. */
  private static final Geometry HALVE = Geometry.dense(3, 2, 1);

  private final List<LevelShape> levels;
  private final PyramidDecoderConfig config;
  private final int images;
  private final NamedBlocks<Conv2d> shallow = new NamedBlocks<>(); // at strides 1, 2, ...
  private final Linear deepest;
  private final NamedBlocks<Climb> climbs = new NamedBlocks<>(); // the deepest first
  private final ResidualImage residual;

  /**
   * A head with uninitialised parameters.
   *
   * @param levels of the pyramid, the finest first; their strides are powers of two that rise
   * @param config its shape
   * @param images channels of the images, 1 or 3
   * @throws IllegalArgumentException if the strides are others
   */
  public PyramidDecoder(List<LevelShape> levels, PyramidDecoderConfig config, int images) {
    this.levels = List.copyOf(levels);
    this.config = config;
    this.images = images;
    requireStrides();
    int finest = levels.get(0).stride();
    int before = images;
    for (int stride = 1; stride < finest; stride *= 2) {
      Geometry geometry = stride == 1 ? Geometry.dense(3, 1, 1) : HALVE;
      shallow.add(Conv2d.standard(before, width(stride), geometry, true));
      before = width(stride);
    }
    child("shallow", shallow);
    LevelShape coarsest = levels.get(levels.size() - 1);
    int x = width(coarsest.stride());
    deepest = child("deepest", Linear.pointwise(coarsest.channels(), x, 2, true));
    for (int stride = coarsest.stride() / 2; stride >= 1; stride /= 2) {
      climbs.add(new Climb(x, across(stride), width(stride), config.blocks()));
      x = width(stride);
    }
    child("climbs", climbs);
    residual = child("residual", new ResidualImage(config, images));
  }

  private void requireStrides() {
    int before = 0;
    for (LevelShape level : levels) {
      if (Integer.bitCount(level.stride()) != 1 || level.stride() <= before) {
        throw new IllegalArgumentException(
            "the strides of the pyramid must be powers of two that rise, got "
                + levels.stream().map(LevelShape::stride).toList());
      }
      before = level.stride();
    }
    if (before == 0 || images < 1) {
      throw new IllegalArgumentException(
          "the pyramid needs at least one level and the images a channel, got "
              + levels
              + " and "
              + images);
    }
  }

  /** Channels of the features at a stride. */
  private int width(int stride) {
    if (stride == 1) {
      return config.channels();
    }
    return (int) Math.min((long) config.channels() * stride, levels.get(0).channels());
  }

  /** Channels that come across at a stride; 0 where the pyramid leaves a gap. */
  private int across(int stride) {
    if (stride < levels.get(0).stride()) {
      return width(stride);
    }
    return levels.stream()
        .filter(level -> level.stride() == stride)
        .mapToInt(LevelShape::channels)
        .sum();
  }

  /**
   * Decodes.
   *
   * @param store the parameter store
   * @param pixels the images, (B, H, W, channels), normalised; not used up
   * @param pyramid of these images; its maps are used up unless training
   * @param training whether gradients are recorded
   * @return what is to be added to the images, at their scale: (B, scale * H, scale * W, channels)
   * @throws IllegalArgumentException if the pyramid has other levels
   */
  public NDArray forward(
      ParameterStore store, NDArray pixels, FeaturePyramid pyramid, boolean training) {
    requireLevels(pyramid);
    List<NDArray> skips = new ArrayList<>(); // the finest first
    NDArray features = pixels;
    for (Conv2d convolution : shallow.list()) {
      try (NDArray convolved = convolution.forward(store, features, training)) {
        features = Activation.gelu(convolved);
      }
      skips.add(features);
    }
    int coarsest = pyramid.levels().size() - 1;
    NDArray x;
    try (NDArray last = channelLast(pyramid, coarsest, training)) {
      x = deepest.forward(store, last, training);
    }
    int next = coarsest - 1;
    int at = skips.size() - 1;
    for (Climb climb : climbs.list()) {
      NDArray skip = null;
      if (climb.skip() > 0 && next >= 0) {
        skip = channelLast(pyramid, next--, training);
      } else if (climb.skip() > 0) {
        skip = skips.get(at--);
      }
      x = climb.forward(store, x, skip, training);
    }
    return residual.forward(store, x, training);
  }

  private static NDArray channelLast(FeaturePyramid pyramid, int level, boolean training) {
    NDArray map = pyramid.levels().get(level).map();
    NDArray last = map.transpose(0, 2, 3, 1);
    Scopes.release(training, map);
    return last;
  }

  private void requireLevels(FeaturePyramid pyramid) {
    List<LevelShape> given =
        pyramid.levels().stream().map(l -> new LevelShape(l.channels(), l.stride())).toList();
    Levels.requireFit("the decoder", levels, given);
  }

  /** The images alone are not enough. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("a decoder reads a pyramid beside the images");
  }

  /**
   * What the head costs.
   *
   * @param height of the images, a multiple of the coarsest stride
   * @param width of the images, likewise
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    long cost = 0;
    long side = 1;
    for (Conv2d convolution : shallow.list()) {
      long before = Math.max(1, side / 2);
      cost += convolution.multiplyAdds(height / before, width / before);
      side *= 2;
    }
    int stride = levels.get(levels.size() - 1).stride();
    cost += deepest.multiplyAdds(height / stride * (width / stride));
    for (Climb climb : climbs.list()) {
      stride /= 2;
      cost += climb.multiplyAdds(height / stride, width / stride);
    }
    return cost + residual.multiplyAdds(height, width);
  }

  /**
   * The shape of this head.
   *
   * @return the configuration
   */
  public PyramidDecoderConfig config() {
    return config;
  }

  /** Of images (B, H, W, channels). */
  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    int scale = config.scale();
    return new Shape[] {new Shape(x.get(0), scale * x.get(1), scale * x.get(2), images)};
  }
}
