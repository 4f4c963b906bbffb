package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.ConvNormStack;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * The convolutional branch (ViT-Adapter, section 3.2): a stem of three convolutions and a pooling,
 * three convolutions that halve the map, and what each scale says in the backbone's channels.
 * Parameters {@code stem}, {@code conv2}, {@code conv3} and {@code conv4} (convolutions without
 * bias and batch norms), {@code fc1} to {@code fc4} (with bias).
 */
public final class SpatialPriorModule extends NamedBlock {
  private static final Geometry HALVING = Geometry.dense(3, 2, 1);
  private static final Geometry KEEPING = Geometry.dense(3, 1, 1);

  private final ConvNormStack stem;
  private final List<ConvNormStack> halvings = new ArrayList<>();
  private final List<Conv2d> projections = new ArrayList<>();
  private final int channels;

  /**
   * A module with uninitialised parameters.
   *
   * @param imageChannels channels of the images
   * @param priorChannels channels of the stem; later scales have twice and four times as many
   * @param channels C, of what it gives
   */
  public SpatialPriorModule(int imageChannels, int priorChannels, int channels) {
    this.channels = channels;
    int width = priorChannels;
    this.stem =
        child(
            "stem",
            new ConvNormStack(
                Activation::relu,
                List.of(
                    convolution(imageChannels, width, HALVING),
                    convolution(width, width, KEEPING),
                    convolution(width, width, KEEPING))));
    int[] widths = {width, 2 * width, 4 * width, 4 * width};
    for (int i = 1; i < widths.length; i++) {
      ConvNormStack halving =
          new ConvNormStack(
              Activation::relu, List.of(convolution(widths[i - 1], widths[i], HALVING)));
      halvings.add(child("conv" + (i + 1), halving));
    }
    for (int i = 0; i < widths.length; i++) {
      Conv2d projection =
          new Conv2d(
              widths[i],
              channels,
              Geometry.dense(1, 1, 0),
              Initializers.heNormal(channels),
              Initializers.constant(0f));
      projections.add(child("fc" + (i + 1), projection));
    }
  }

  private static Conv2d convolution(int in, int out, Geometry geometry) {
    long fanOut = (long) geometry.kernel() * geometry.kernel() * out;
    return new Conv2d(in, out, geometry, Initializers.heNormal(fanOut), null);
  }

  /**
   * The maps of strides 4, 8, 16 and 32.
   *
   * @param store the parameter store
   * @param images (B, H, W, channels)
   * @param training whether this is a training step
   * @return (B, H/4, W/4, C) and so on, each halving rounded up
   */
  public NDList priors(ParameterStore store, NDArray images, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray x;
      try (NDArray half = stem.forward(store, images, training)) {
        x = Tape.cut(pooled(half)); // the finest map takes another way than the others
      }
      NDList maps = new NDList(projections.get(0).forward(store, x, training));
      for (int i = 0; i < halvings.size(); i++) {
        NDArray before = x;
        x = halvings.get(i).forward(store, before, training);
        if (!training) {
          before.close();
        }
        maps.add(projections.get(i + 1).forward(store, x, training));
      }
      NDScope.unregister(maps);
      return maps;
    }
  }

  private static NDArray pooled(NDArray map) {
    Shape two = new Shape(2, 2);
    return Pool.maxPool2d(map.transpose(0, 3, 1, 2), new Shape(3, 3), two, new Shape(1, 1), false)
        .transpose(0, 2, 3, 1);
  }

  /**
   * What the module costs.
   *
   * @param height of the images
   * @param width of the images
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    long h = HALVING.outputSide(stem.outputSide(height)); // the pooling halves alike
    long w = HALVING.outputSide(stem.outputSide(width));
    long cost = stem.multiplyAdds(height, width) + projections.get(0).multiplyAdds(h, w);
    for (int i = 0; i < halvings.size(); i++) {
      cost += halvings.get(i).multiplyAdds(h, w);
      h = HALVING.outputSide(h);
      w = HALVING.outputSide(w);
      cost += projections.get(i + 1).multiplyAdds(h, w);
    }
    return cost;
  }

  /** Has four outputs. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("ask the module for its priors");
  }

  /** (B, H, W, channels) to the four maps' shapes. */
  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    long h = HALVING.outputSide(stem.outputSide(x.get(1)));
    long w = HALVING.outputSide(stem.outputSide(x.get(2)));
    Shape[] shapes = new Shape[projections.size()];
    for (int i = 0; i < shapes.length; i++) {
      shapes[i] = new Shape(x.get(0), h, w, channels);
      h = HALVING.outputSide(h);
      w = HALVING.outputSide(w);
    }
    return shapes;
  }
}
