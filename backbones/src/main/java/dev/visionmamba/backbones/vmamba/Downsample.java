package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.MapBlock;

/** Halves a map, rounding up, and doubles its channels; its children are numbered as published. */
abstract class Downsample extends MapBlock {
  private static final float EPSILON = 1e-5f;

  static Downsample of(VMambaConfig config, int channels) {
    return config.convDownsampling() ? new Convolution(channels) : new PatchMerging(channels);
  }

  /** (B, H, W, C) to (B, H/2, W/2, 2C), sides rounded up. */
  @Override
  public final NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray y = halved(store, x, training);
      NDScope.unregister(y);
      return y;
    }
  }

  /** The same, in a scope that frees what is made on the way. */
  abstract NDArray halved(ParameterStore store, NDArray x, boolean training);

  static long half(long side) {
    return (side + 1) / 2;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), half(x.get(1)), half(x.get(2)), 2 * x.get(3))};
  }

  /** A convolution of 3x3 pixels in steps of two, then a norm. */
  private static final class Convolution extends Downsample {
    private final Conv2d convolution;
    private final LayerNorm norm;

    Convolution(int channels) {
      convolution =
          child("1", Conv2d.standard(channels, 2 * channels, Conv2d.Geometry.dense(3, 2, 1), true));
      norm = child("3", new LayerNorm(2L * channels, EPSILON));
    }

    @Override
    NDArray halved(ParameterStore store, NDArray x, boolean training) {
      return norm.forward(store, convolution.forward(store, x, training), training);
    }

    @Override
    public long multiplyAdds(long height, long width) {
      return convolution.multiplyAdds(height, width);
    }
  }

  /** Four neighbours side by side (Swin, arXiv:2103.14030, section 3.1), a norm, a projection. */
  private static final class PatchMerging extends Downsample {
    private final LayerNorm norm;
    private final Linear reduction;

    PatchMerging(int channels) {
      norm = child("1", new LayerNorm(4L * channels, EPSILON));
      reduction = child("2", Linear.truncatedNormal(4L * channels, 2L * channels, false));
    }

    /** Odd sides get a row or a column of zeros, as in the reference's training code. */
    @Override
    NDArray halved(ParameterStore store, NDArray x, boolean training) {
      NDArray even = padToEven(padToEven(x, 1), 2);
      NDArray merged =
          NDArrays.concat(
              new NDList(
                  even.get(":, 0::2, 0::2"),
                  even.get(":, 1::2, 0::2"),
                  even.get(":, 0::2, 1::2"),
                  even.get(":, 1::2, 1::2")),
              3); // (B, H/2, W/2, 4C)
      return reduction.forward(store, norm.forward(store, merged, training), training);
    }

    private static NDArray padToEven(NDArray x, int axis) {
      Shape shape = x.getShape();
      if (shape.get(axis) % 2 == 0) {
        return x;
      }
      long[] row = shape.getShape().clone();
      row[axis] = 1;
      return x.concat(x.getManager().zeros(new Shape(row), x.getDataType()), axis);
    }

    @Override
    public long multiplyAdds(long height, long width) {
      return reduction.multiplyAdds(half(height) * half(width));
    }
  }
}
