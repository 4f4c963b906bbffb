package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;

/**
 * A residual state-space block (section 3.2): the 2-D selective scan and channel attention, each
 * after a norm and on a residual that is scaled channel by channel.
 */
final class VSSBlock extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  private final float dropPathRate;
  private final Parameter skipScale; // (C)
  private final Parameter skipScale2; // (C)
  private final LayerNorm ln1;
  private final SS2D selfAttention;
  private final ChannelAttentionBlock convBlk;
  private final LayerNorm ln2;

  /**
   * What a network's blocks have in common.
   *
   * @param channels C
   * @param stateSize N
   * @param expand D / C
   * @param lightweight whether the convolutions are depthwise
   * @param truncatedNormal whether the mixer's linear layers start so, or as PyTorch's default
   */
  record Form(
      int channels, int stateSize, double expand, boolean lightweight, boolean truncatedNormal) {}

  VSSBlock(Form form, float dropPathRate) {
    this.dropPathRate = dropPathRate;
    int channels = form.channels();
    skipScale = parameter("skip_scale", Initializers.constant(1f), channels);
    skipScale2 = parameter("skip_scale2", Initializers.constant(1f), channels);
    ln1 = child("ln_1", new LayerNorm(channels, EPSILON));
    selfAttention = child("self_attention", new SS2D(form));
    convBlk = child("conv_blk", new ChannelAttentionBlock(channels, form.lightweight()));
    ln2 = child("ln_2", new LayerNorm(channels, EPSILON));
  }

  /** Refuses what leaves no channels somewhere inside, and a rate that drops everything. */
  static void requireChannels(String name, int channels, double expand, float dropPathRate) {
    if (channels < ChannelAttentionBlock.LEAST_CHANNELS) {
      throw new IllegalArgumentException(
          name + " must be at least " + ChannelAttentionBlock.LEAST_CHANNELS + ", got " + channels);
    }
    if ((int) (expand * channels) < 1) {
      throw new IllegalArgumentException(
          "mlp_ratio " + expand + " leaves no channel of " + channels);
    }
    if (dropPathRate >= 1) {
      throw new IllegalArgumentException("drop_path_rate must be below 1, got " + dropPathRate);
    }
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray start = Tape.cut(x);
      NDArray mixed =
          Scopes.run(
              () -> selfAttention.forward(store, ln1.forward(store, start, training), training));
      NDArray scaled = start.mul(value(store, skipScale, start, training));
      NDArray between = sum(scaled, dropPathRate, mixed, training);
      NDArray attended =
          Scopes.run(() -> convBlk.forward(store, ln2.forward(store, between, training), training));
      NDArray scale2 = value(store, skipScale2, between, training);
      NDArray scaled2 = training ? between.mul(scale2) : between.muli(scale2);
      NDArray y = sum(scaled2, 0f, attended, training);
      NDScope.unregister(y);
      return y;
    }
  }

  /** x + branch, which training may drop; in x where it is not needed any more. */
  private static NDArray sum(NDArray x, float dropPathRate, NDArray branch, boolean training) {
    return training ? x.add(DropPath.apply(branch, dropPathRate, true)) : x.addi(branch);
  }

  /** Blocks one after the other; the input stays open. */
  static NDArray forwardAll(
      NamedBlocks<VSSBlock> blocks, ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (VSSBlock block : blocks.list()) {
      NDArray before = y;
      y = block.forward(store, before, training);
      if (before != x) {
        Scopes.release(training, before);
      }
    }
    return y;
  }

  static long multiplyAdds(NamedBlocks<VSSBlock> blocks, long height, long width) {
    return blocks.list().stream().mapToLong(block -> block.multiplyAdds(height, width)).sum();
  }

  private long multiplyAdds(long height, long width) {
    return selfAttention.multiplyAdds(height, width) + convBlk.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
