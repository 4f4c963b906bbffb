package dev.visionmamba.backbones.plainmamba;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.backbones.adapter.AdapterConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments of the reference's constructor, from a configuration and to one. */
final class PlainMambaAdapterArguments {
  private static final String FAMILY = "PlainMambaAdapter";
  private static final String INDEXES = "interaction_indexes";
  private static final int INTERACTIONS = 4;

  private PlainMambaAdapterArguments() {}

  /** All arguments that give a configuration. */
  static Map<String, Object> of(PlainMambaAdapterConfig config) {
    Map<String, Object> arguments = new LinkedHashMap<>(adapter(config));
    arguments.putAll(config.net().toArguments());
    return arguments;
  }

  private static Map<String, Object> adapter(PlainMambaAdapterConfig config) {
    AdapterConfig adapter = config.adapter();
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("conv_inplane", adapter.priorChannels());
    arguments.put("n_points", adapter.points());
    arguments.put("deform_num_heads", adapter.heads());
    arguments.put("init_values", adapter.initialInjection());
    arguments.put(INDEXES, config.interactionIndexes());
    arguments.put("with_cffn", true);
    arguments.put("cffn_ratio", adapter.ffnRatio());
    arguments.put("deform_ratio", adapter.attentionRatio());
    arguments.put("add_vit_feature", true);
    arguments.put("use_extra_extractor", true);
    return arguments;
  }

  /** A configuration with some arguments replaced. */
  static PlainMambaAdapterConfig apply(PlainMambaAdapterConfig config, Map<String, ?> replaced) {
    Map<String, Object> known = adapter(config);
    Map<String, Object> ofAdapter = new LinkedHashMap<>();
    Map<String, Object> ofNet = new LinkedHashMap<>();
    if (replaced.get("arch") != null) {
      ofNet.put("final_norm", false); // the variant that arch names has one
    }
    replaced.forEach(
        (name, value) -> (known.containsKey(name) ? ofAdapter : ofNet).put(name, value));
    PlainMambaConfig net = config.net().with(ofNet);
    ConstructorArguments read = new ConstructorArguments(FAMILY, known, ofAdapter);
    for (String name : List.of("with_cffn", "add_vit_feature", "use_extra_extractor")) {
      if (!read.bool(name)) {
        throw new IllegalArgumentException(
            name
                + " is true in every published PlainMamba with an adapter; other values are not"
                + " supported");
      }
    }
    boolean shared = !ofAdapter.containsKey(INDEXES) && net.depth() != config.net().depth();
    return new PlainMambaAdapterConfig(
        net,
        new AdapterConfig(
            read.integer("conv_inplane", 1),
            read.integer("deform_num_heads", 1),
            read.integer("n_points", 1),
            read.number("deform_ratio", 0),
            read.number("cffn_ratio", 0),
            read.number("init_values", -1)),
        shared ? even(net.depth()) : indexes(read));
  }

  private static List<List<Integer>> indexes(ConstructorArguments read) {
    if (!(read.value(INDEXES) instanceof List<?> list)) {
      throw new IllegalArgumentException(
          INDEXES + " must be a list of first and last layers, got " + read.value(INDEXES));
    }
    List<List<Integer>> indexes = new ArrayList<>();
    for (Object range : list) {
      Map<String, Object> one = Map.of(INDEXES, range);
      indexes.add(new ConstructorArguments(FAMILY, one, one).integers(INDEXES, 0));
    }
    return indexes;
  }

  /** Layers shared out among four interactions, or one each where there are fewer. */
  static List<List<Integer>> even(int depth) {
    int count = Math.min(INTERACTIONS, depth);
    List<List<Integer>> indexes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      indexes.add(List.of(i * depth / count, (i + 1) * depth / count - 1));
    }
    return indexes;
  }
}
