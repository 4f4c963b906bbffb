package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * A plain backbone's one map made into four levels, at a quarter, a half, once and twice its stride
 * (ViTDet, Li et al. 2022, arXiv:2203.16527, section 3). Each level is made of the one map alone.
 * Parameters are named as in the published detector: {@code net} for the backbone, {@code simfp_2}
 * for the level of stride 2^2 and so on.
 */
public final class SimpleFeaturePyramid extends DerivedBackbone<Backbone> {
  private static final float EPSILON = 1e-6f;

  private final int channels;
  private final int stride;
  private final List<Level> levels = new ArrayList<>();

  /**
   * A pyramid over a backbone, with uninitialised parameters.
   *
   * @param net of one level, whose stride is a power of two, at least 4
   * @param channels of every level; 256 as published
   * @throws IllegalArgumentException if the backbone has more levels or another stride
   */
  public SimpleFeaturePyramid(Backbone net, int channels) {
    super(net, true);
    if (net.levels().size() != 1) {
      throw new IllegalArgumentException(
          "a simple feature pyramid is made of one level, but the backbone has "
              + net.levels().size()
              + " already");
    }
    LevelShape level = net.levels().get(0);
    this.stride = level.stride();
    if (stride < 4 || Integer.bitCount(stride) != 1) {
      throw new IllegalArgumentException(
          "the backbone's stride must be a power of two from 4 on, but is " + stride);
    }
    this.channels = channels;
    int exponent = Integer.numberOfTrailingZeros(stride);
    for (Scale scale : Scale.values()) {
      int power = exponent - 2 + scale.ordinal();
      levels.add(child("simfp_" + power, new Level(scale, level.channels(), channels)));
    }
  }

  /** What happens to the map first. */
  private enum Scale {
    TIMES_FOUR,
    TIMES_TWO,
    SAME,
    HALF
  }

  /** One level; its children are numbered as published. */
  private static final class Level extends NamedBlock {
    private final List<NamedBlock> ups = new ArrayList<>();
    private final boolean halves;
    private final NormedConvolution lateral;
    private final NormedConvolution smooth;

    Level(Scale scale, int in, int out) {
      int width = in;
      int index = 0;
      if (scale == Scale.TIMES_FOUR) {
        ups.add(child("0", new ConvTranspose2x2(width, in / 2)));
        ups.add(child("1", new LayerNorm(in / 2, EPSILON)));
        ups.add(child("3", new ConvTranspose2x2(in / 2, in / 4))); // 2 is the GELU
        width = in / 4;
        index = 4;
      } else if (scale == Scale.TIMES_TWO) {
        ups.add(child("0", new ConvTranspose2x2(width, in / 2)));
        width = in / 2;
        index = 1;
      } else if (scale == Scale.HALF) {
        index = 1; // 0 is the pooling
      }
      halves = scale == Scale.HALF;
      lateral =
          child(
              Integer.toString(index), new NormedConvolution(width, out, Geometry.dense(1, 1, 0)));
      smooth =
          child(
              Integer.toString(index + 1),
              new NormedConvolution(out, out, Geometry.dense(3, 1, 1)));
    }

    /** (B, H, W, in) to (B, H', W', out). */
    @Override
    public NDArray forward(ParameterStore store, NDArray map, boolean training) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray x = halves ? halved(map) : map;
        for (NamedBlock up : ups) {
          x = up.forward(store, x, training);
          if (up instanceof LayerNorm) {
            x = Activation.gelu(x);
          }
        }
        NDArray y = smooth.forward(store, lateral.forward(store, x, training), training);
        NDScope.unregister(y);
        return y;
      }
    }

    /** The largest of 2x2 pixels; of an odd side, the last is left out. */
    private static NDArray halved(NDArray map) {
      Shape two = new Shape(2, 2);
      return Pool.maxPool2d(map.transpose(0, 3, 1, 2), two, two, new Shape(0, 0), false)
          .transpose(0, 2, 3, 1);
    }

    long multiplyAdds(long height, long width) {
      long h = halves ? height / 2 : height;
      long w = halves ? width / 2 : width;
      long cost = 0;
      for (NamedBlock up : ups) {
        if (up instanceof ConvTranspose2x2 convolution) {
          cost += convolution.multiplyAdds(h, w);
          h *= 2;
          w *= 2;
        }
      }
      return cost + lateral.multiplyAdds(h, w) + smooth.multiplyAdds(h, w);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      throw new UnsupportedOperationException("ask the pyramid for its output's shapes");
    }
  }

  /** A convolution without bias; its norm is its child. */
  private static final class NormedConvolution extends NamedBlock {
    private final Geometry geometry;
    private final Parameter weight;
    private final LayerNorm norm;

    NormedConvolution(int in, int out, Geometry geometry) {
      this.geometry = geometry;
      int kernel = geometry.kernel();
      double bound = Math.sqrt(3.0 / ((double) in * kernel * kernel));
      this.weight = ofProduct("weight", Initializers.uniform(bound), out, in, kernel, kernel);
      this.norm = child("norm", new LayerNorm(out, EPSILON));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      NDArray y = Conv2d.apply(x, value(store, weight, x, training), null, geometry);
      return norm.forward(store, y, training);
    }

    long multiplyAdds(long height, long width) {
      return height * width * weight.getShape().size();
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      throw new UnsupportedOperationException("ask the pyramid for its output's shapes");
    }
  }

  /** The four levels, the finest first; the probe sees what the backbone shows. */
  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray map = net().features(store, images, training, probe).coarsest().map();
    NDArray last = Tape.cut(map).transpose(0, 2, 3, 1); // (B, H, W, C)
    List<FeaturePyramid.Level> maps = new ArrayList<>();
    for (int i = 0; i < levels.size(); i++) {
      NDArray level = levels.get(i).forward(store, last, training);
      maps.add(new FeaturePyramid.Level(level.transpose(0, 3, 1, 2), strideOf(i)));
    }
    return new FeaturePyramid(maps);
  }

  private int strideOf(int level) {
    return stride / 4 << level;
  }

  @Override
  public List<LevelShape> levels() {
    List<LevelShape> shapes = new ArrayList<>();
    for (int i = 0; i < levels.size(); i++) {
      shapes.add(new LevelShape(channels, strideOf(i)));
    }
    return shapes;
  }

  @Override
  public long multiplyAdds(int height, int width) {
    long cost = net().multiplyAdds(height, width);
    for (Level level : levels) {
      cost += level.multiplyAdds(height / stride, width / stride);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape map = net().getOutputShapes(inputShapes)[0];
    long height = map.get(2);
    long width = map.get(3);
    return new Shape[] {
      new Shape(map.get(0), channels, 4 * height, 4 * width),
      new Shape(map.get(0), channels, 2 * height, 2 * width),
      new Shape(map.get(0), channels, height, width),
      new Shape(map.get(0), channels, height / 2, width / 2)
    };
  }
}
