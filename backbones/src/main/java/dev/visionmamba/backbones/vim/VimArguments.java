package dev.visionmamba.backbones.vim;

import dev.visionmamba.backbones.vim.VimConfig.ClassToken;
import java.util.List;
import java.util.Map;

/** The arguments of the reference's constructor, read one by one. */
final class VimArguments {
  private int imageHeight;
  private int imageWidth;
  private int channels;
  private int patchSize;
  private int stride;
  private int embedDim;
  private int depth;
  private int stateSize;
  private int convWidth;
  private int expand;
  private boolean hasClassToken;
  private boolean middle;
  private boolean twice;
  private boolean positionEmbedding;
  private boolean rmsNorm;
  private float normEpsilon;
  private boolean divideOut;
  private float dropPathRate;

  /** How tokens are pooled where there is no class token. */
  private Object finalPool = "mean";

  private VimArguments(VimConfig base) {
    imageHeight = base.imageHeight();
    imageWidth = base.imageWidth();
    channels = base.channels();
    patchSize = base.patchSize();
    stride = base.stride();
    embedDim = base.embedDim();
    depth = base.depth();
    stateSize = base.stateSize();
    convWidth = base.convWidth();
    expand = base.expand();
    hasClassToken = base.classToken() != ClassToken.NONE;
    middle = base.classToken() == ClassToken.MIDDLE;
    twice = base.classToken() == ClassToken.DOUBLE;
    positionEmbedding = base.positionEmbedding();
    rmsNorm = base.rmsNorm();
    normEpsilon = base.normEpsilon();
    divideOut = base.divideOut();
    dropPathRate = base.dropPathRate();
  }

  static VimConfig apply(VimConfig base, Map<String, ?> arguments) {
    VimArguments read = new VimArguments(base);
    arguments.forEach(read::set);
    return read.build();
  }

  private void set(String name, Object value) {
    switch (name) {
      case "img_size" -> setImageSize(value);
      case "channels" -> channels = integer(name, value);
      case "patch_size" -> patchSize = integer(name, value);
      case "stride" -> stride = integer(name, value);
      case "embed_dim" -> embedDim = integer(name, value);
      case "depth" -> depth = integer(name, value);
      case "d_state" -> stateSize = integer(name, value);
      case "d_conv" -> convWidth = integer(name, value);
      case "expand" -> expand = integer(name, value);
      case "if_cls_token" -> hasClassToken = bool(name, value);
      case "use_middle_cls_token" -> middle = bool(name, value);
      case "use_double_cls_token" -> twice = bool(name, value);
      case "if_abs_pos_embed" -> positionEmbedding = bool(name, value);
      case "rms_norm" -> rmsNorm = bool(name, value);
      case "norm_epsilon" -> normEpsilon = number(name, value).floatValue();
      case "if_divide_out" -> divideOut = bool(name, value);
      case "drop_path_rate" -> dropPathRate = number(name, value).floatValue();
      case "ssm_cfg" -> setStateSpace(value);
      // These change how the reference computes, not what.
      case "residual_in_fp32", "fused_add_norm" -> bool(name, value);
      // The published values of options of which only these are supported.
      case "bimamba_type" -> require(name, value, "v2");
      case "final_pool_type" -> {
        finalPool = value;
        if (!"none".equals(value)) { // "none" takes the class token, if there is one
          require(name, value, "mean");
        }
      }
      case "if_rope", "if_rope_residual", "if_bidirectional", "flip_img_sequences_ratio" -> {
        if (!Boolean.FALSE.equals(value) && !(value instanceof Number n && n.doubleValue() <= 0)) {
          throw unsupported(name, value);
        }
      }
      default -> throw new IllegalArgumentException("Vim has no argument \"" + name + "\"");
    }
  }

  private void setImageSize(Object value) {
    if (value instanceof List<?> sides && sides.size() == 2) {
      imageHeight = integer("img_size", sides.get(0));
      imageWidth = integer("img_size", sides.get(1));
    } else {
      imageHeight = integer("img_size", value);
      imageWidth = imageHeight;
    }
  }

  /** The arguments that the reference hands on to its mixer. */
  private void setStateSpace(Object value) {
    if (value == null) {
      return;
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException("ssm_cfg must be an object, got " + value);
    }
    map.forEach(
        (name, entry) -> {
          if (!List.of("d_state", "d_conv", "expand").contains(String.valueOf(name))) {
            throw new IllegalArgumentException("ssm_cfg has no argument \"" + name + "\"");
          }
          set(String.valueOf(name), entry);
        });
  }

  private VimConfig build() {
    ClassToken classToken =
        !hasClassToken
            ? ClassToken.NONE
            : twice ? ClassToken.DOUBLE : middle ? ClassToken.MIDDLE : ClassToken.HEAD;
    if (classToken == ClassToken.NONE) {
      require("final_pool_type", finalPool, "mean");
    }
    return new VimConfig(
        imageHeight,
        imageWidth,
        channels,
        patchSize,
        stride,
        embedDim,
        depth,
        stateSize,
        convWidth,
        expand,
        classToken,
        positionEmbedding,
        rmsNorm,
        normEpsilon,
        divideOut,
        dropPathRate);
  }

  private static Number number(String name, Object value) {
    if (value instanceof Number number) {
      return number;
    }
    throw new IllegalArgumentException(name + " must be a number, got " + value);
  }

  private static int integer(String name, Object value) {
    double number = number(name, value).doubleValue();
    if (number != Math.rint(number) || Math.abs(number) > 1_000_000) {
      throw new IllegalArgumentException(name + " must be a whole number, got " + value);
    }
    return (int) number;
  }

  private static boolean bool(String name, Object value) {
    if (value instanceof Boolean bool) {
      return bool;
    }
    throw new IllegalArgumentException(name + " must be true or false, got " + value);
  }

  private static void require(String name, Object value, String only) {
    if (!only.equals(value)) {
      throw unsupported(name, value);
    }
  }

  private static IllegalArgumentException unsupported(String name, Object value) {
    return new IllegalArgumentException(
        name + " = " + value + " is not used by any published Vim and not supported");
  }
}
