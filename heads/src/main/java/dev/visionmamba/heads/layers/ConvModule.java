package dev.visionmamba.heads.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.BatchNorm;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.ConvNorm;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * A convolution ({@code conv}) and, if wanted, a batch norm ({@code bn}) and ReLU, over
 * channel-last maps: the unit that OpenMMLab's heads and necks are made of, under its names. The
 * convolution has a bias where there is no norm. A batch norm folds into the convolution.
 */
public final class ConvModule extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  private final Conv2d convolution;

  /** The convolution and its norm; null where there is no norm. */
  private final ConvNorm normed;

  private final boolean relu;

  /**
   * A module that starts as OpenMMLab's do: normally distributed weights that keep the variance of
   * gradients through ReLU (He et al. 2015, arXiv:1502.01852), a bias of 0.
   *
   * @param in input channels
   * @param out output channels
   * @param geometry how the kernel moves
   * @param norm whether a batch norm follows, epsilon 1e-5
   * @param relu whether ReLU ends it
   */
  public ConvModule(int in, int out, Geometry geometry, boolean norm, boolean relu) {
    this(in, out, geometry, norm, relu, heNormal(out, geometry));
  }

  /**
   * A module.
   *
   * @param in input channels
   * @param out output channels
   * @param geometry how the kernel moves
   * @param norm whether a batch norm follows, epsilon 1e-5
   * @param relu whether ReLU ends it
   * @param weightInitializer how the convolution's weight starts; its bias starts at 0
   */
  public ConvModule(
      int in,
      int out,
      Geometry geometry,
      boolean norm,
      boolean relu,
      Initializer weightInitializer) {
    Initializer bias = norm ? null : Initializers.constant(0f);
    this.convolution = child("conv", new Conv2d(in, out, geometry, weightInitializer, bias));
    this.normed = norm ? new ConvNorm(convolution, child("bn", new BatchNorm(out, EPSILON))) : null;
    this.relu = relu;
  }

  private static Initializer heNormal(int out, Geometry geometry) {
    long fanOut = (long) out / geometry.groups() * geometry.kernel() * geometry.kernel();
    float deviation = (float) Math.sqrt(2.0 / fanOut);
    return (manager, shape, type) -> manager.randomNormal(0f, deviation, shape, type);
  }

  /**
   * (B, H, W, in) to (B, H', W', out).
   *
   * @throws IllegalArgumentException if the map has other channels or is smaller than the kernel
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y =
        normed == null
            ? convolution.forward(store, x, training)
            : normed.forward(store, x, training);
    if (!relu) {
      return y;
    }
    try (y) {
      return Activation.relu(y);
    }
  }

  @Override
  public void foldNorms() {
    if (normed != null) {
      normed.fold();
    }
  }

  /**
   * What the layer costs.
   *
   * @param height of the input
   * @param width of the input
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    return convolution.multiplyAdds(height, width);
  }

  /** Channel-last, as {@link #forward}. */
  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return convolution.getOutputShapes(inputShapes);
  }
}
