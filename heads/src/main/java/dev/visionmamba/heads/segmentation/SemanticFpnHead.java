package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;
import dev.visionmamba.heads.layers.Resize;
import java.util.ArrayList;
import java.util.List;

/**
 * Semantic FPN's head (Kirillov et al. 2019, arXiv:1901.02446), over a feature pyramid network:
 * every level is brought to the finest one's size in steps of two, each after a 3x3 convolution
 * with batch norm and ReLU, and all are added up. Parameters: {@code scale_heads.i.j} for the
 * convolutions of level i, j counting the upsamplings too.
 */
public final class SemanticFpnHead extends DecodeHead {
  private static final Geometry SMOOTH = Geometry.dense(3, 1, 1);

  private final NamedBlocks<Scale> scales;

  /** What one level passes. */
  private static final class Scale extends NamedBlock {
    private final boolean doubles;
    private final List<ConvModule> convolutions = new ArrayList<>();

    Scale(int in, int out, int octaves) {
      this.doubles = octaves > 0;
      for (int i = 0; i < Math.max(octaves, 1); i++) {
        String name = Integer.toString(2 * i); // the upsamplings between are counted
        convolutions.add(child(name, new ConvModule(i == 0 ? in : out, out, SMOOTH, true, true)));
      }
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      NDArray y = x;
      for (ConvModule convolution : convolutions) {
        y = convolution.forward(store, y, training);
        if (doubles) {
          y = Resize.bilinear(y, 2 * y.getShape().get(1), 2 * y.getShape().get(2));
        }
      }
      return y;
    }

    long multiplyAdds(long height, long width) {
      long cost = 0;
      for (int i = 0; i < convolutions.size(); i++) {
        cost += convolutions.get(i).multiplyAdds(height << i, width << i);
      }
      return cost;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      throw new UnsupportedOperationException("ask the head for its output's shapes");
    }
  }

  /**
   * A head with uninitialised parameters.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first, each stride
   *     a power of two times the first
   * @param channels of every convolution; 128 as published
   * @param classes how many classes
   * @param dropout the probability that a training step drops a channel before the last layer; 0.1
   *     as published
   * @throws IllegalArgumentException if a number is out of range, or a stride is another
   */
  public SemanticFpnHead(List<LevelShape> inputs, int channels, int classes, float dropout) {
    super(inputs, channels, classes, dropout);
    this.scales = child("scale_heads", new NamedBlocks<>());
    int finest = inputs.get(0).stride();
    for (LevelShape input : inputs) {
      int ratio = input.stride() / finest;
      if (ratio * finest != input.stride() || Integer.bitCount(ratio) != 1) {
        throw new IllegalArgumentException(
            String.format(
                "strides must be the first times powers of two, got %s",
                inputs.stream().map(LevelShape::stride).toList()));
      }
      scales.add(new Scale(input.channels(), channels, Integer.numberOfTrailingZeros(ratio)));
    }
  }

  /** The levels' sum, at the size of the finest. */
  @Override
  protected NDArray features(
      ParameterStore store, List<NDArray> maps, boolean training, Probe probe) {
    NDArray sum = scales.list().get(0).forward(store, maps.get(0), training);
    Shape size = sum.getShape();
    for (int i = 1; i < maps.size(); i++) {
      NDArray level = scales.list().get(i).forward(store, maps.get(i), training);
      sum = sum.add(Resize.bilinear(level, size.get(1), size.get(2)));
    }
    return sum;
  }

  @Override
  protected long featureMultiplyAdds(Shape[] inputShapes) {
    long cost = 0;
    for (int i = 0; i < inputShapes.length; i++) {
      cost += scales.list().get(i).multiplyAdds(inputShapes[i].get(2), inputShapes[i].get(3));
    }
    return cost;
  }
}
