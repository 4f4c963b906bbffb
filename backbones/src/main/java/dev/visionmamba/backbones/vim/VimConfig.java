package dev.visionmamba.backbones.vim;

import java.util.Map;

/**
 * The shape of a Vim. The published variants are the named constants; any other is made by {@link
 * #with}, whose argument names are those of the reference's constructor.
 *
 * @param imageHeight height in pixels that the position embedding is made for
 * @param imageWidth width in pixels that the position embedding is made for
 * @param channels channels of the images
 * @param patchSize height and width of a patch in pixels
 * @param stride how far apart patches begin in pixels
 * @param embedDim C, channels of a token
 * @param depth number of blocks
 * @param stateSize N, states a channel keeps
 * @param convWidth taps of the causal convolution
 * @param expand E / C, how much wider the mixer is inside
 * @param classToken where the class token is, if there is one
 * @param positionEmbedding whether there is a learned absolute position embedding
 * @param rmsNorm RMSNorm in place of LayerNorm
 * @param normEpsilon the norms' epsilon
 * @param divideOut whether the two directions are averaged rather than added
 * @param dropPathRate the last block's stochastic depth in training; earlier blocks have less
 */
public record VimConfig(
    int imageHeight,
    int imageWidth,
    int channels,
    int patchSize,
    int stride,
    int embedDim,
    int depth,
    int stateSize,
    int convWidth,
    int expand,
    ClassToken classToken,
    boolean positionEmbedding,
    boolean rmsNorm,
    float normEpsilon,
    boolean divideOut,
    float dropPathRate) {

  /** Where class tokens stand among the patches. */
  public enum ClassToken {
    /** There is none; the classifier reads the mean over the patches. */
    NONE,
    /** Before the patches. */
    HEAD,
    /** In the middle: after patch P/2 - 1. As published. */
    MIDDLE,
    /** Two, one at either end; the classifier reads their mean. */
    DOUBLE
  }

  /** Vim-Ti: 7,148,008 parameters with its 1000-class head. */
  public static final VimConfig TINY =
      new VimConfig(
          224, 224, 3, 16, 16, 192, 24, 16, 4, 2, ClassToken.MIDDLE, true, true, 1e-5f, true, 0.1f);

  /** Vim-S: 25,796,584 parameters. */
  public static final VimConfig SMALL = TINY.with(Map.of("embed_dim", 384));

  /** Vim-B: 97,598,440 parameters. */
  public static final VimConfig BASE = TINY.with(Map.of("embed_dim", 768));

  /** Vim-Ti+, finer: patches overlap by half. */
  public static final VimConfig TINY_STRIDE8 = TINY.with(Map.of("stride", 8));

  /** Vim-S+, finer: patches overlap by half. */
  public static final VimConfig SMALL_STRIDE8 = SMALL.with(Map.of("stride", 8));

  /** For grey pictures of 28x28 pixels; half a million parameters. This project's own. */
  public static final VimConfig MICRO =
      TINY.with(
          Map.ofEntries(
              Map.entry("img_size", 28),
              Map.entry("channels", 1),
              Map.entry("patch_size", 4),
              Map.entry("stride", 4),
              Map.entry("embed_dim", 128),
              Map.entry("depth", 8),
              Map.entry("d_state", 8),
              Map.entry("expand", 1),
              Map.entry("if_cls_token", false),
              Map.entry("use_middle_cls_token", false),
              Map.entry("final_pool_type", "mean"),
              Map.entry("drop_path_rate", 0)));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public VimConfig {
    requirePositive("img_size", Math.min(imageHeight, imageWidth));
    requirePositive("channels", channels);
    requirePositive("patch_size", patchSize);
    requirePositive("stride", stride);
    requirePositive("embed_dim", embedDim);
    requirePositive("depth", depth);
    requirePositive("d_state", stateSize);
    requirePositive("d_conv", convWidth);
    requirePositive("expand", expand);
    if (Math.min(imageHeight, imageWidth) < patchSize) {
      throw new IllegalArgumentException(
          "img_size "
              + imageHeight
              + "x"
              + imageWidth
              + " is smaller than patch_size "
              + patchSize);
    }
    if (!(normEpsilon > 0) || !(dropPathRate >= 0 && dropPathRate < 1)) {
      throw new IllegalArgumentException(
          "norm_epsilon must be above 0 and drop_path_rate in 0 up to 1, got "
              + normEpsilon
              + " and "
              + dropPathRate);
    }
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced.
   *
   * @param arguments by the reference's names; img_size is a number or a list of height and width
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public VimConfig with(Map<String, ?> arguments) {
    return VimArguments.apply(this, arguments);
  }

  /**
   * This configuration as arguments of the reference's constructor.
   *
   * @return every argument; {@link #with} of them gives this configuration again
   */
  public Map<String, Object> toArguments() {
    return VimArguments.of(this);
  }

  /**
   * E, channels inside the mixer.
   *
   * @return expand * embedDim
   */
  public int innerChannels() {
    return expand * embedDim;
  }

  /**
   * R, the rank of the step sizes.
   *
   * @return embedDim / 16, rounded up
   */
  public int deltaRank() {
    return (embedDim + 15) / 16;
  }

  /**
   * How many class tokens there are.
   *
   * @return 0, 1 or 2
   */
  public int classTokens() {
    return switch (classToken) {
      case NONE -> 0;
      case HEAD, MIDDLE -> 1;
      case DOUBLE -> 2;
    };
  }

  /**
   * How many patches the image's height holds at the size that this configuration is for.
   *
   * @return at least 1
   */
  public int gridHeight() {
    return (imageHeight - patchSize) / stride + 1;
  }

  /**
   * How many patches the image's width holds at the size that this configuration is for.
   *
   * @return at least 1
   */
  public int gridWidth() {
    return (imageWidth - patchSize) / stride + 1;
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, got " + value);
    }
  }
}
