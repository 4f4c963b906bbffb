package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts.Operand;
import dev.visionmamba.scans.autograd.GradientMode;

/**
 * Batch norm over the channels of channel-last maps (Ioffe and Szegedy 2015, arXiv:1502.03167).
 * Parameters {@code weight}, {@code bias}, {@code running_mean} and {@code running_var}, all
 * (channels). A training step moves the statistics a tenth of the way to its batch's; a frozen norm
 * keeps them in training too.
 */
public final class BatchNorm extends NamedBlock {
  /** The part of the old statistics that a training step keeps: DJL's convention. */
  private static final float MOMENTUM = 0.9f;

  private final float epsilon;
  private final Parameter weight;
  private final Parameter bias;
  private final Parameter runningMean;
  private final Parameter runningVar;

  /**
   * A norm.
   *
   * @param channels length of the last axis
   * @param epsilon added to the variance
   */
  public BatchNorm(int channels, float epsilon) {
    this.epsilon = epsilon;
    this.weight = parameter("weight", Initializers.constant(1f), channels);
    this.bias = parameter("bias", Initializers.constant(0f), channels);
    this.runningMean = statistic("running_mean", Initializers.constant(0f), channels);
    this.runningVar = statistic("running_var", Initializers.constant(1f), channels);
  }

  /** (B, H, W, C) to the same shape, in single precision. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (Operand input = Operand.single(x);
        NDArray map = input.array().transpose(0, 3, 1, 2); // (B, C, H, W)
        NDArray y =
            ai.djl.nn.norm.BatchNorm.batchNorm(
                    map,
                    value(store, runningMean, x, false),
                    value(store, runningVar, x, false),
                    value(store, weight, x, training),
                    value(store, bias, x, training),
                    1,
                    MOMENTUM,
                    epsilon,
                    training && weight.requiresGradient())
                .head()) {
      return y.transpose(0, 2, 3, 1);
    }
  }

  /** bias, which alone is left where the rest has been folded into a convolution. */
  NDArray foldedBias(ParameterStore store, NDArray x) {
    return value(store, bias, x, false);
  }

  /**
   * Moves the statistics and the scale into the weight of the convolution before: afterwards this
   * norm only adds its bias, and both together compute what they did.
   */
  void foldInto(Conv2d convolution) {
    try (GradientMode off = GradientMode.off();
        NDArray deviation = runningVar.getArray().add(epsilon).sqrt();
        NDArray scale = weight.getArray().div(deviation);
        NDArray shift = runningMean.getArray().mul(scale);
        NDArray column = scale.reshape(scale.size(), 1, 1, 1)) {
      convolution.weight().getArray().muli(column);
      bias.getArray().subi(shift);
      fill(runningMean, 0f);
      fill(runningVar, 1f);
      fill(weight, (float) Math.sqrt(1.0 + epsilon));
    }
  }

  private static void fill(Parameter parameter, float value) {
    parameter.getArray().muli(0).addi(value);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
