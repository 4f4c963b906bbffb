package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.HierarchicalStage;
import dev.visionmamba.backbones.Probe;
import java.util.stream.IntStream;

/** A stage of {@link VMamba}. */
final class Stage extends HierarchicalStage<VSSBlock> {
  /** Stage i, whose blocks drop their paths at the given rates. */
  Stage(VMambaConfig config, int i, float[] dropPathRates) {
    super(
        IntStream.range(0, dropPathRates.length)
            .mapToObj(j -> new VSSBlock(config, config.channelsOf(i), dropPathRates[j]))
            .toList(),
        i == config.depths().size() - 1 ? null : Downsample.of(config, config.channelsOf(i)));
  }

  /** The blocks, not the way to the next stage: (B, H, W, C) to the same shape. */
  NDArray blocks(ParameterStore store, NDArray x, boolean training, Probe probe, boolean first) {
    NDArray y = x;
    for (int j = 0; j < blocks().size(); j++) {
      String name = "block" + j;
      NDArray before = y;
      Probe seen = first ? probe : Probe.NONE;
      y = blocks().get(j).forward(store, y, training, seen, name);
      seen.see(name, y);
      if (!training && before != x) {
        before.close();
      }
    }
    return y;
  }
}
