package dev.visionmamba.backbones.plainmamba;

import dev.visionmamba.backbones.ConstructorArguments;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments of the reference's constructor, from a configuration and to one. */
final class PlainMambaArguments {
  private static final String FAMILY = "PlainMamba";

  private PlainMambaArguments() {}

  /** All arguments that give a configuration. */
  static Map<String, Object> of(PlainMambaConfig config) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("arch", null);
    arguments.put("img_size", List.of(config.imageHeight(), config.imageWidth()));
    arguments.put("in_channels", config.channels());
    arguments.put("patch_size", config.patchSize());
    arguments.put("embed_dims", config.embedDims());
    arguments.put("num_layers", config.depth());
    arguments.put("num_convs_patch_embed", config.stemConvolutions());
    arguments.put("layers_with_dwconv", config.layersWithConvolution());
    arguments.put("with_pos_embed", config.positionEmbedding());
    arguments.put("interpolate_mode", "bicubic");
    arguments.put("out_indices", -1);
    arguments.put("final_norm", config.finalNorm());
    arguments.put("drop_rate", 0);
    arguments.put("drop_path_rate", config.dropPathRate());
    arguments.put("layer_cfgs", layer(config));
    return arguments;
  }

  private static Map<String, Object> layer(PlainMambaConfig config) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("use_rms_norm", config.rmsNorm());
    arguments.put("mamba_cfg", mixer(config));
    return arguments;
  }

  private static Map<String, Object> mixer(PlainMambaConfig config) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("d_state", config.stateSize());
    arguments.put("expand", config.expand());
    arguments.put("dt_rank", "auto");
    arguments.put("dt_init", "random");
    arguments.put("conv_size", config.convSize());
    arguments.put("conv_bias", config.convBias());
    arguments.put("bias", config.projectionBias());
    arguments.put("init_layer_scale", null);
    arguments.put("default_hw_shape", List.of(config.gridHeight(), config.gridWidth()));
    return arguments;
  }

  /** A configuration with some arguments replaced. */
  static PlainMambaConfig apply(PlainMambaConfig config, Map<String, ?> replaced) {
    PlainMambaConfig base = named(new ConstructorArguments(FAMILY, of(config), replaced), config);
    ConstructorArguments read = new ConstructorArguments(FAMILY, of(base), replaced);
    ConstructorArguments layer = read.nested("layer_cfgs", layer(base));
    // Its default_hw_shape says which orders the reference keeps: how it computes, not what.
    ConstructorArguments mixer = layer.nested("mamba_cfg", mixer(base));
    requirePublished(read, mixer);
    List<Integer> size = read.size("img_size");
    return new PlainMambaConfig(
        size.get(0),
        size.get(1),
        read.integer("in_channels", 1),
        read.integer("patch_size", 2),
        read.integer("embed_dims", 1),
        read.integer("num_layers", 1),
        read.integer("num_convs_patch_embed", 0),
        read.integers("layers_with_dwconv", 0),
        read.bool("with_pos_embed"),
        read.bool("final_norm"),
        layer.bool("use_rms_norm"),
        mixer.integer("d_state", 1),
        mixer.number("expand", 0),
        mixer.integer("conv_size", 1),
        mixer.bool("conv_bias"),
        mixer.bool("bias"),
        (float) read.number("drop_path_rate", 0));
  }

  /** The published variant that {@code arch} names, or else the given configuration. */
  private static PlainMambaConfig named(ConstructorArguments read, PlainMambaConfig config) {
    if (read.value("arch") == null) {
      return config;
    }
    return switch (read.word("arch", List.of("L1", "L2", "L3"))) {
      case "L1" -> PlainMambaConfig.L1;
      case "L2" -> PlainMambaConfig.L2;
      default -> PlainMambaConfig.L3;
    };
  }

  /** Options of which only the published values are supported. */
  private static void requirePublished(ConstructorArguments read, ConstructorArguments mixer) {
    read.word("interpolate_mode", List.of("bicubic"));
    mixer.word("dt_rank", List.of("auto"));
    mixer.word("dt_init", List.of("random"));
    require("drop_rate", read.number("drop_rate", 0) == 0, 0);
    require("init_layer_scale", mixer.value("init_layer_scale") == null, null);
    require("out_indices", isLast(read.value("out_indices"), read.integer("num_layers", 1)), -1);
  }

  /** Whether {@code out_indices} are of the last layer alone. */
  private static boolean isLast(Object indices, int layers) {
    Object index = indices instanceof List<?> list && list.size() == 1 ? list.get(0) : indices;
    return index instanceof Number number
        && (number.doubleValue() == -1 || number.doubleValue() == layers - 1);
  }

  private static void require(String name, boolean holds, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(
          name + " is " + value + " in every published PlainMamba; other values are not supported");
    }
  }
}
