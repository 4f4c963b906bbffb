package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Linear;

/**
 * A linear layer over one vector an image; parameters {@code head.weight} and {@code head.bias}.
 */
public class LinearHead extends ClassificationHead {
  private final Linear head;

  /**
   * A head with uninitialised parameters.
   *
   * @param channels length of the vector
   * @param classes how many classes, at least 1
   */
  public LinearHead(int channels, int classes) {
    head = child("head", Linear.truncatedNormal(channels, classes, true));
  }

  @Override
  public final NDArray scores(ParameterStore store, NDList features, boolean training) {
    return head.forward(store, features.singletonOrThrow(), training); // (B, C)
  }

  @Override
  public final long multiplyAdds() {
    return head.multiplyAdds(1);
  }
}
