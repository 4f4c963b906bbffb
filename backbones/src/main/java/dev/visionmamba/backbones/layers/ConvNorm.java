package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;

/**
 * A convolution without bias and the batch norm after it, which can become one. Both are children
 * of the block that makes the pair, under its names.
 */
public final class ConvNorm {
  private final Conv2d convolution;
  private final BatchNorm norm;
  private boolean folded;

  /**
   * A pair.
   *
   * @param convolution without bias
   * @param norm over its output
   */
  public ConvNorm(Conv2d convolution, BatchNorm norm) {
    this.convolution = convolution;
    this.norm = norm;
  }

  /**
   * (B, H, W, in) to (B, H', W', out).
   *
   * @param store the parameter store
   * @param x the map
   * @param training whether this is a training step
   * @return the output
   */
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    if (folded && !training) {
      return convolution.convolve(store, x, norm.foldedBias(store, x), false);
    }
    if (training) {
      folded = false; // the step may change the norm
    }
    try (NDArray y = convolution.forward(store, x, training)) {
      return norm.forward(store, y, training);
    }
  }

  /** Moves the norm into the convolution, whose parameters must be initialised. */
  public void fold() {
    norm.foldInto(convolution);
    folded = true;
  }

  /**
   * What the pair costs once folded.
   *
   * @param height of the input
   * @param width of the input
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    return convolution.multiplyAdds(height, width);
  }
}
