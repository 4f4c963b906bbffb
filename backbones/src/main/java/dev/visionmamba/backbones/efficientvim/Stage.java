package dev.visionmamba.backbones.efficientvim;

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
  private final NamedBlocks<EfficientViMBlock> blocks;
  private final PatchMerging downsample;

  Stage(EfficientViMConfig config, int i) {
    blocks = child("blocks", new NamedBlocks<>());
    for (int j = 0; j < config.depths().get(i); j++) {
      blocks.add(new EfficientViMBlock(config, i));
    }
    downsample =
        i == config.stages() - 1
            ? null
            : child("downsample", new PatchMerging(config.channelsOf(i), config.channelsOf(i + 1)));
  }

  /**
   * What the last block gives; not the way to the next stage.
   *
   * @param probe sees {@code block0} and so on, and what is in them
   */
  Output blocks(ParameterStore store, NDArray x, boolean training, Probe probe) {
    Output output = null;
    for (int j = 0; j < blocks.list().size(); j++) {
      String name = "block" + j;
      NDArray input = output == null ? x : output.map();
      Output next = blocks.list().get(j).forward(store, input, training, probe, name);
      probe.see(name, next.map());
      if (output != null) {
        output.close();
      }
      output = next;
    }
    return output;
  }

  /** Whether there is a way to a next stage. */
  boolean leadsOn() {
    return downsample != null;
  }

  /** To the next stage: (B, H, W, C) to (B, H/2, W/2, C'), rounded up. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return downsample.forward(store, x, training);
  }

  /** The length of a side in the next stage. */
  long side(long inputSide) {
    return downsample == null ? inputSide : downsample.side(inputSide);
  }

  /**
   * Adds each block as a step of depth, the first with the way to it.
   *
   * @return the way to the next stage, if there is one
   */
  List<NamedBlock> addLayers(List<List<NamedBlock>> steps, List<NamedBlock> way) {
    List<NamedBlock> step = new ArrayList<>(way);
    for (EfficientViMBlock block : blocks.list()) {
      step.add(block);
      steps.add(step);
      step = new ArrayList<>();
    }
    return downsample == null ? List.of() : List.of(downsample);
  }

  long multiplyAdds(long height, long width) {
    long cost = downsample == null ? 0 : downsample.multiplyAdds(height, width);
    for (EfficientViMBlock block : blocks.list()) {
      cost += block.multiplyAdds(height, width);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return downsample == null ? inputShapes : downsample.getOutputShapes(inputShapes);
  }
}
