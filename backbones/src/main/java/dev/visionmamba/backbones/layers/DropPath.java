package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Stochastic depth (Huang et al. 2016, arXiv:1603.09382): in training, a residual branch is left
 * out for some samples and scaled up for the others.
 */
public final class DropPath {
  private DropPath() {}

  /**
   * The rates of a network's blocks, rising evenly from 0.
   *
   * @param last the last block's rate
   * @param blocks how many blocks, at least 1
   * @return one a block
   */
  public static float[] rates(float last, int blocks) {
    float[] rates = new float[blocks];
    for (int i = 0; i < blocks; i++) {
      rates[i] = last * i / Math.max(1, blocks - 1);
    }
    return rates;
  }

  /**
   * Leaves out samples.
   *
   * @param branch (B, ...), the branch's output
   * @param rate the probability that a sample's branch is left out, 0 up to but not 1
   * @param training outside training nothing is left out
   * @return of the same shape
   */
  public static NDArray apply(NDArray branch, float rate, boolean training) {
    if (!training || rate == 0f) {
      return branch;
    }
    long[] shape = new long[branch.getShape().dimension()];
    java.util.Arrays.fill(shape, 1);
    shape[0] = branch.getShape().get(0);
    float keep = 1f - rate;
    NDArray mask =
        branch
            .getManager()
            .randomUniform(0f, 1f, new Shape(shape))
            .lt(keep)
            .toType(DataType.FLOAT32, false)
            .div(keep); // (B, 1, ...)
    return branch.mul(mask);
  }
}
