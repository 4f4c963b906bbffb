package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;

/** A feed-forward network with a depthwise convolution between its layers. */
abstract class FeedForward extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  /** A network's kind of it. */
  static FeedForward of(MambaIRv2Config config) {
    return config.gated() ? new Gated(config) : new Convolutional(config);
  }

  /** GELU of the first layer. */
  static NDArray hidden(ParameterStore store, Linear fc1, NDArray x, boolean training) {
    try (NDArray wide = fc1.forward(store, x, training)) {
      return Activation.gelu(wide);
    }
  }

  abstract long multiplyAdds(long height, long width);

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }

  /** fc2(h + GELU(convolution of h)), h = GELU(fc1(x)). */
  private static final class Convolutional extends FeedForward {
    private final Linear fc1;
    private final Conv2d dwconv;
    private final Linear fc2;

    Convolutional(MambaIRv2Config config) {
      int channels = config.shape().embedDim();
      int hidden = config.hidden();
      Geometry depthwise = Geometry.depthwise(config.kernel(), 1, hidden);
      fc1 = child("fc1", Linear.truncatedNormal(channels, hidden, true));
      dwconv = child("dwconv.depthwise_conv.0", Conv2d.standard(hidden, hidden, depthwise, true));
      fc2 = child("fc2", Linear.truncatedNormal(hidden, channels, true));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      try (NDArray hidden = hidden(store, fc1, x, training);
          NDArray convolved = dwconv.forward(store, hidden, training);
          NDArray local = Activation.gelu(convolved);
          NDArray both = local.add(hidden)) {
        return fc2.forward(store, both, training);
      }
    }

    @Override
    long multiplyAdds(long height, long width) {
      long positions = height * width;
      return fc1.multiplyAdds(positions)
          + dwconv.multiplyAdds(height, width)
          + fc2.multiplyAdds(positions);
    }
  }

  /** fc2(a * convolution of norm(b)), [a, b] = GELU(fc1(x)). */
  private static final class Gated extends FeedForward {
    private static final int KERNEL = 5;

    private final int half;
    private final Linear fc1;
    private final LayerNorm norm;
    private final Conv2d conv;
    private final Linear fc2;

    Gated(MambaIRv2Config config) {
      int channels = config.shape().embedDim();
      half = config.hidden() / 2;
      Geometry depthwise = Geometry.depthwise(KERNEL, 1, half);
      fc1 = child("fc1", Linear.truncatedNormal(channels, config.hidden(), true));
      norm = child("sg.norm", new LayerNorm(half, EPSILON));
      conv = child("sg.conv", Conv2d.standard(half, half, depthwise, true));
      fc2 = child("fc2", Linear.truncatedNormal(half, channels, true));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      try (NDArray hidden = hidden(store, fc1, x, training);
          NDArray a = hidden.get("..., :" + half);
          NDArray b = hidden.get("..., " + half + ":");
          NDArray normed = norm.forward(store, b, training);
          NDArray gate = conv.forward(store, normed, training);
          NDArray gated = a.mul(gate)) {
        return fc2.forward(store, gated, training);
      }
    }

    @Override
    long multiplyAdds(long height, long width) {
      long positions = height * width;
      return fc1.multiplyAdds(positions)
          + conv.multiplyAdds(height, width)
          + fc2.multiplyAdds(positions);
    }
  }
}
