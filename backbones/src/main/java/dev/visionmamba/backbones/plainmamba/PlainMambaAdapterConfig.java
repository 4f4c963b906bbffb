package dev.visionmamba.backbones.plainmamba;

import dev.visionmamba.backbones.adapter.AdapterConfig;
import java.util.List;
import java.util.Map;

/**
 * The shape of a PlainMamba with an adapter. The published detectors' are the named constants; any
 * other is made by {@link #with}, whose argument names are those of the reference's constructor.
 *
 * @param net the backbone, of patches of 16x16 pixels and without a final norm
 * @param adapter what stands beside it
 * @param interactionIndexes the first and the last layer between each injection and extraction;
 *     together all layers in their order
 */
public record PlainMambaAdapterConfig(
    PlainMambaConfig net, AdapterConfig adapter, List<List<Integer>> interactionIndexes) {
  private static final int PATCH = 16;

  /** Of PlainMamba-L1: four interactions around six layers each, six heads. */
  public static final PlainMambaAdapterConfig L1 = published(PlainMambaConfig.L1, 6, 0.1);

  /** Of PlainMamba-L2: four interactions around six layers each, six heads. */
  public static final PlainMambaAdapterConfig L2 = published(PlainMambaConfig.L2, 6, 0.2);

  /** Of PlainMamba-L3: four interactions around nine layers each, eight heads. */
  public static final PlainMambaAdapterConfig L3 = published(PlainMambaConfig.L3, 8, 0.3);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public PlainMambaAdapterConfig {
    interactionIndexes = interactionIndexes.stream().map(List::copyOf).toList();
    if (net.patchSize() != PATCH) {
      throw new IllegalArgumentException(
          "the adapter's maps fit patches of 16x16 pixels, but patch_size is " + net.patchSize());
    }
    if (net.finalNorm()) {
      throw new IllegalArgumentException(
          "final_norm is false in every published PlainMamba with an adapter, which has norms of"
              + " its own; other values are not supported");
    }
    adapter.attentionChannels(net.embedDims());
    adapter.ffnChannels(net.embedDims());
    int next = 0;
    for (List<Integer> range : interactionIndexes) {
      if (range.size() != 2 || range.get(0) != next || range.get(1) < next) {
        throw unfit(net, interactionIndexes);
      }
      next = range.get(1) + 1;
    }
    if (next != net.depth()) {
      throw unfit(net, interactionIndexes);
    }
  }

  private static IllegalArgumentException unfit(PlainMambaConfig net, List<?> indexes) {
    return new IllegalArgumentException(
        String.format(
            "interaction_indexes must be first and last layers that follow each other from 0 to"
                + " %d, got %s",
            net.depth() - 1, indexes));
  }

  private static PlainMambaAdapterConfig published(
      PlainMambaConfig variant, int heads, double dropPathRate) {
    PlainMambaConfig net =
        variant.with(Map.of("final_norm", false, "drop_path_rate", dropPathRate));
    return new PlainMambaAdapterConfig(
        net,
        new AdapterConfig(64, heads, 4, 1.0, 0.25, 0.0),
        PlainMambaAdapterArguments.even(net.depth()));
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced.
   *
   * @param arguments by the reference's names, the backbone's and the adapter's in one; where
   *     {@code num_layers} or {@code arch} is given without {@code interaction_indexes}, the layers
   *     are shared out among four interactions
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public PlainMambaAdapterConfig with(Map<String, ?> arguments) {
    return PlainMambaAdapterArguments.apply(this, arguments);
  }

  /**
   * This configuration as arguments of the reference's constructor.
   *
   * @return every argument, {@code arch} being null; {@link #with} of them gives this configuration
   *     again
   */
  public Map<String, Object> toArguments() {
    return PlainMambaAdapterArguments.of(this);
  }
}
