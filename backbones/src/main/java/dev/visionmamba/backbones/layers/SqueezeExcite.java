package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;

/**
 * Squeeze and excitation (Hu et al. 2018, arXiv:1709.01507): a gate a channel, from the means of
 * all channels over the map. Parameters {@code fc1.weight} (reduced, channels, 1, 1), {@code
 * fc1.bias}, {@code fc2.weight} (channels, reduced, 1, 1) and {@code fc2.bias}.
 */
public final class SqueezeExcite extends NamedBlock {
  /** The reduced channels are rounded to multiples of this, as timm does. */
  private static final int DIVISOR = 8;

  private final Linear fc1;
  private final Linear fc2;

  /**
   * A gate, started as PyTorch's convolutions are by default.
   *
   * @param channels of the map
   * @param ratio of reduced channels to channels, before the rounding
   */
  public SqueezeExcite(int channels, double ratio) {
    int rounded = (int) (channels * ratio + DIVISOR / 2.0) / DIVISOR * DIVISOR;
    int reduced = Math.max(DIVISOR, rounded);
    fc1 = child("fc1", Linear.pointwise(channels, reduced, 2, true));
    fc2 = child("fc2", Linear.pointwise(reduced, channels, 2, true));
  }

  /** (B, H, W, channels) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    Shape shape = x.getShape();
    long batch = shape.get(0);
    long channels = shape.get(3);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray mean =
          Casts.single(x).reshape(batch, shape.get(1) * shape.get(2), channels).mean(new int[] {1});
      NDArray reduced = Activation.relu(fc1.forward(store, mean, training)); // (B, reduced)
      NDArray gate = Activation.sigmoid(fc2.forward(store, reduced, training)); // (B, channels)
      NDArray y = x.mul(gate.reshape(batch, 1, 1, channels));
      NDScope.unregister(y);
      return y;
    }
  }

  /**
   * What the gate costs.
   *
   * @return multiply-adds an image
   */
  public long multiplyAdds() {
    return fc1.multiplyAdds(1) + fc2.multiplyAdds(1);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
