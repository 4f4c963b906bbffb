package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import java.util.ArrayList;
import java.util.List;

/** Some blocks over maps of one size and, but for the last stage, the way to the next. */
final class Stage extends NamedBlock {
  private final NamedBlocks<VSSBlock> blocks;
  private final Downsample downsample;

  /** Stage i, whose blocks drop their paths at the given rates. */
  Stage(VMambaConfig config, int i, float[] dropPathRates) {
    int channels = config.channelsOf(i);
    blocks = child("blocks", new NamedBlocks<>());
    for (float rate : dropPathRates) {
      blocks.add(new VSSBlock(config, channels, rate));
    }
    boolean last = i == config.depths().size() - 1;
    downsample = last ? null : child("downsample", Downsample.of(config, channels));
  }

  /** The blocks, not the way to the next stage: (B, H, W, C) to the same shape. */
  NDArray blocks(ParameterStore store, NDArray x, boolean training, Probe probe, boolean first) {
    NDArray y = x;
    for (int j = 0; j < blocks.list().size(); j++) {
      String name = "block" + j;
      NDArray before = y;
      Probe seen = first ? probe : Probe.NONE;
      y = blocks.list().get(j).forward(store, y, training, seen, name);
      seen.see(name, y);
      if (!training && before != x) {
        before.close();
      }
    }
    return y;
  }

  /** To the next stage: (B, H, W, C) to (B, H/2, W/2, 2C), rounded up. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return downsample.forward(store, x, training);
  }

  /**
   * Adds each block as a step of depth, the first with the way to it.
   *
   * @return the way to the next stage, if there is one
   */
  List<NamedBlock> addLayers(List<List<NamedBlock>> steps, List<NamedBlock> way) {
    List<NamedBlock> step = new ArrayList<>(way);
    for (VSSBlock block : blocks.list()) {
      step.add(block);
      steps.add(step);
      step = new ArrayList<>();
    }
    return downsample == null ? List.of() : List.of(downsample);
  }

  long multiplyAdds(long height, long width) {
    long cost = downsample == null ? 0 : downsample.multiplyAdds(height, width);
    for (VSSBlock block : blocks.list()) {
      cost += block.multiplyAdds(height, width);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return downsample == null ? inputShapes : downsample.getOutputShapes(inputShapes);
  }
}
