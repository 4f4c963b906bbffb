package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.layers.ResidualConvolution;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;

/** A residual state-space group: some blocks and a convolution on a residual (section 3.1). */
final class ResidualGroup extends NamedBlock {
  private final NamedBlocks<VSSBlock> blocks;
  private final ResidualConvolution conv;

  /** One block a rate of stochastic depth. */
  ResidualGroup(VSSBlock.Form block, float[] dropPathRates, String residualConnection) {
    blocks = child("residual_group.blocks", new NamedBlocks<>());
    for (float rate : dropPathRates) {
      blocks.add(new VSSBlock(block, rate));
    }
    conv = new ResidualConvolution(residualConnection, block.channels(), "conv", this::child);
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray start = Tape.cut(x);
    NDArray y = VSSBlock.forwardAll(blocks, store, start, training);
    NDArray residual = Casts.toSingle(conv.forward(store, y, training));
    Scopes.release(training, y);
    return training ? residual.add(start) : residual.addi(start);
  }

  long multiplyAdds(long height, long width) {
    return VSSBlock.multiplyAdds(blocks, height, width) + conv.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
