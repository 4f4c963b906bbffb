package dev.visionmamba.backbones.vim;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.backbones.vim.VimConfig.ClassToken;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments of the reference's constructor, from a configuration and to one. */
final class VimArguments {
  private static final String FAMILY = "Vim";

  private VimArguments() {}

  /** The arguments that give a configuration. */
  static Map<String, Object> of(VimConfig config) {
    ClassToken classToken = config.classToken();
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("img_size", List.of(config.imageHeight(), config.imageWidth()));
    arguments.put("channels", config.channels());
    arguments.put("patch_size", config.patchSize());
    arguments.put("stride", config.stride());
    arguments.put("embed_dim", config.embedDim());
    arguments.put("depth", config.depth());
    arguments.putAll(mixer(config));
    arguments.put("if_cls_token", classToken != ClassToken.NONE);
    arguments.put("use_middle_cls_token", classToken == ClassToken.MIDDLE);
    arguments.put("use_double_cls_token", classToken == ClassToken.DOUBLE);
    arguments.put("if_abs_pos_embed", config.positionEmbedding());
    arguments.put("rms_norm", config.rmsNorm());
    arguments.put("norm_epsilon", config.normEpsilon());
    arguments.put("if_divide_out", config.divideOut());
    arguments.put("drop_path_rate", config.dropPathRate());
    return arguments;
  }

  /** Those that the reference takes beside the others or in {@code ssm_cfg}. */
  private static Map<String, Object> mixer(VimConfig config) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("d_state", config.stateSize());
    arguments.put("d_conv", config.convWidth());
    arguments.put("expand", config.expand());
    return arguments;
  }

  /** Options that change how the reference computes, or of which one value is supported. */
  private static Map<String, Object> options() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("ssm_cfg", null);
    arguments.put("residual_in_fp32", true);
    arguments.put("fused_add_norm", true);
    arguments.put("bimamba_type", "v2");
    arguments.put("final_pool_type", "mean");
    arguments.put("if_rope", false);
    arguments.put("if_rope_residual", false);
    arguments.put("if_bidirectional", false);
    arguments.put("flip_img_sequences_ratio", -1);
    return arguments;
  }

  /** A configuration with some arguments replaced. */
  static VimConfig apply(VimConfig config, Map<String, ?> replaced) {
    Map<String, Object> base = of(config);
    base.putAll(options());
    ConstructorArguments read = new ConstructorArguments(FAMILY, base, replaced);
    requirePublished(read);
    // What ssm_cfg names goes before what stands beside it.
    Map<String, Object> beside = mixer(config);
    beside.replaceAll((name, value) -> read.value(name));
    ConstructorArguments mixer =
        read.value("ssm_cfg") == null ? read : read.nested("ssm_cfg", beside);
    List<Integer> size = read.size("img_size");
    return new VimConfig(
        size.get(0),
        size.get(1),
        read.integer("channels", 1),
        read.integer("patch_size", 1),
        read.integer("stride", 1),
        read.integer("embed_dim", 1),
        read.integer("depth", 1),
        mixer.integer("d_state", 1),
        mixer.integer("d_conv", 1),
        mixer.integer("expand", 1),
        classToken(read),
        read.bool("if_abs_pos_embed"),
        read.bool("rms_norm"),
        (float) read.number("norm_epsilon", 0),
        read.bool("if_divide_out"),
        (float) read.number("drop_path_rate", 0));
  }

  private static ClassToken classToken(ConstructorArguments read) {
    boolean middle = read.bool("use_middle_cls_token");
    boolean twice = read.bool("use_double_cls_token");
    if (!read.bool("if_cls_token")) {
      return ClassToken.NONE;
    }
    return twice ? ClassToken.DOUBLE : middle ? ClassToken.MIDDLE : ClassToken.HEAD;
  }

  private static void requirePublished(ConstructorArguments read) {
    read.bool("residual_in_fp32");
    read.bool("fused_add_norm");
    require(read, "bimamba_type", "v2".equals(read.value("bimamba_type")));
    // Tokens are pooled only where there is no class token; "none" does not.
    Object pool = read.value("final_pool_type");
    boolean pooled = !read.bool("if_cls_token");
    require(read, "final_pool_type", "mean".equals(pool) || !pooled && "none".equals(pool));
    for (String name : List.of("if_rope", "if_rope_residual", "if_bidirectional")) {
      require(read, name, !read.bool(name));
    }
    require(read, "flip_img_sequences_ratio", read.number("flip_img_sequences_ratio", -1) <= 0);
  }

  private static void require(ConstructorArguments read, String name, boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException(
          name + " = " + read.value(name) + " is not used by any published Vim and not supported");
    }
  }
}
