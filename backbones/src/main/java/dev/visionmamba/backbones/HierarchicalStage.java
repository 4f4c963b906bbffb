package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import java.util.ArrayList;
import java.util.List;

/**
 * A stage of a {@link HierarchicalBackbone}: some blocks over maps of one size and, but for the
 * last stage, the way to the next. Parameters {@code blocks} and {@code downsample}.
 *
 * @param <B> the blocks
 */
public abstract class HierarchicalStage<B extends MapBlock> extends MapBlock {
  private final NamedBlocks<B> blocks;
  private final MapBlock downsample;

  /**
   * For subclasses.
   *
   * @param blocks in their order, at least one; their outputs are of the shape of their inputs
   * @param downsample the way to the next stage; null for the last
   */
  protected HierarchicalStage(List<B> blocks, MapBlock downsample) {
    this.blocks = child("blocks", new NamedBlocks<>());
    blocks.forEach(this.blocks::add);
    this.downsample = downsample == null ? null : child("downsample", downsample);
  }

  /**
   * The blocks.
   *
   * @return in their order
   */
  protected final List<B> blocks() {
    return blocks.list();
  }

  /**
   * Whether there is a way to a next stage.
   *
   * @return false for the last stage
   */
  public final boolean leadsOn() {
    return downsample != null;
  }

  /** The way to the next stage, for what the blocks give: (B, H, W, C) to (B, H', W', C'). */
  @Override
  public final NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return downsample.forward(store, x, training);
  }

  /**
   * Adds each block as a step of depth, the first with the way to it.
   *
   * @return the way to the next stage, if there is one
   */
  final List<NamedBlock> addLayers(List<List<NamedBlock>> steps, List<NamedBlock> way) {
    List<NamedBlock> step = new ArrayList<>(way);
    for (B block : blocks.list()) {
      step.add(block);
      steps.add(step);
      step = new ArrayList<>();
    }
    return leadsOn() ? List.of(downsample) : List.of();
  }

  @Override
  public final long multiplyAdds(long height, long width) {
    long cost = leadsOn() ? downsample.multiplyAdds(height, width) : 0;
    for (B block : blocks.list()) {
      cost += block.multiplyAdds(height, width);
    }
    return cost;
  }

  /** What the next stage is given. */
  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    return leadsOn() ? downsample.getOutputShapes(inputShapes) : inputShapes;
  }
}
