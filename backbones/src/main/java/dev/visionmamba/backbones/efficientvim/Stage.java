package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.HierarchicalStage;
import dev.visionmamba.backbones.Probe;
import java.util.stream.IntStream;

/** A stage of {@link EfficientViM}. */
final class Stage extends HierarchicalStage<EfficientViMBlock> {
  Stage(EfficientViMConfig config, int i) {
    super(
        IntStream.range(0, config.depths().get(i))
            .mapToObj(j -> new EfficientViMBlock(config, i))
            .toList(),
        i == config.stages() - 1
            ? null
            : new PatchMerging(config.channelsOf(i), config.channelsOf(i + 1)));
  }

  /**
   * What the last block gives; not the way to the next stage.
   *
   * @param probe sees {@code block0} and so on, and what is in them
   */
  Output blocks(ParameterStore store, NDArray x, boolean training, Probe probe) {
    Output output = null;
    for (int j = 0; j < blocks().size(); j++) {
      String name = "block" + j;
      NDArray input = output == null ? x : output.map();
      Output next = blocks().get(j).forward(store, input, training, probe, name);
      probe.see(name, next.map());
      if (output != null) {
        output.close();
      }
      output = next;
    }
    return output;
  }
}
