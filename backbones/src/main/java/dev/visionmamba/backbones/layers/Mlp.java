package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;

/**
 * fc2(GELU(fc1(x))) over the last axis, with the exact GELU. Parameters {@code fc1.weight} (hidden,
 * channels), {@code fc1.bias}, {@code fc2.weight} (channels, hidden) and {@code fc2.bias}.
 */
public final class Mlp extends NamedBlock {
  private final Linear fc1;
  private final Linear fc2;

  /**
   * An MLP, its weights started as a normal of deviation 0.02 cut at two deviations.
   *
   * @param channels length of the last axis
   * @param hidden channels between the two layers
   */
  public Mlp(int channels, int hidden) {
    fc1 = child("fc1", Linear.truncatedNormal(channels, hidden, true));
    fc2 = child("fc2", Linear.truncatedNormal(hidden, channels, true));
  }

  /** (..., channels) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDArray active = hidden(store, x, training)) {
      return fc2.forward(store, active, training);
    }
  }

  private NDArray hidden(ParameterStore store, NDArray x, boolean training) {
    try (NDArray hidden = fc1.forward(store, x, training)) {
      return Activation.gelu(hidden);
    }
  }

  /**
   * What the layers cost.
   *
   * @param positions how many vectors they are applied to
   * @return multiply-adds
   */
  public long multiplyAdds(long positions) {
    return fc1.multiplyAdds(positions) + fc2.multiplyAdds(positions);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
