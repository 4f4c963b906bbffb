package dev.visionmamba.heads.restoration.mambairv2;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.heads.restoration.layers.RestorerShape;
import dev.visionmamba.heads.restoration.layers.Upsampling;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The shape of a MambaIRv2. The published variants are the named constants; any other is made by
 * {@link #with}, whose argument names are those of the reference's constructor.
 *
 * @param shape of the frame around the groups
 * @param stateSize N, states a channel keeps
 * @param depths layers of each group
 * @param heads of the window attention of each group
 * @param windowSize the side of a window; layers 1, 3, 5 of a group shift windows by half of it
 * @param innerRank rank of the table of prompts
 * @param tokens T, how many prompts there are
 * @param kernel of the convolution in the feed-forward networks, odd; gated ones always have 5
 * @param mlpRatio hidden by outer channels, of the feed-forward networks and of the state space
 * @param qkvBias whether queries, keys and values have a bias
 * @param gated whether the feed-forward networks are gated, as in the lightweight variants ({@code
 *     MambaIRv2Light})
 */
public record MambaIRv2Config(
    RestorerShape shape,
    int stateSize,
    List<Integer> depths,
    List<Integer> heads,
    int windowSize,
    int innerRank,
    int tokens,
    int kernel,
    double mlpRatio,
    boolean qkvBias,
    boolean gated) {

  /** What {@code MambaIRv2} makes without arguments, but for {@code upscale}, 1. */
  public static final MambaIRv2Config DEFAULT = ofDefaults(false);

  /** What {@code MambaIRv2Light} makes without arguments, but for {@code upscale}, 1. */
  public static final MambaIRv2Config LIGHT_DEFAULT = ofDefaults(true);

  /** Lightweight super-resolution to twice the size. */
  public static final MambaIRv2Config LIGHT_X2 =
      LIGHT_DEFAULT.with(
          Map.of(
              "upscale",
              2,
              "depths",
              List.of(5, 5, 5, 5),
              "mlp_ratio",
              1,
              "upsampler",
              "pixelshuffledirect"));

  /** Lightweight super-resolution to three times the size. */
  public static final MambaIRv2Config LIGHT_X3 = LIGHT_X2.with(Map.of("upscale", 3));

  /** Lightweight super-resolution to four times the size. */
  public static final MambaIRv2Config LIGHT_X4 = LIGHT_X2.with(Map.of("upscale", 4));

  /** Gaussian colour denoising, at the noise level 15. */
  public static final MambaIRv2Config COLOR_DN =
      DEFAULT.with(
          Map.of(
              "embed_dim",
              174,
              "d_state",
              16,
              "depths",
              Collections.nCopies(6, 6),
              "num_heads",
              Collections.nCopies(6, 6),
              "inner_rank",
              64,
              "num_tokens",
              128));

  /** JPEG artifacts of grey images; the qualities 10, 30 and 40 differ in their weights alone. */
  public static final MambaIRv2Config CAR = COLOR_DN.with(Map.of("in_chans", 1));

  /** Classical super-resolution to twice the size, the base size. */
  public static final MambaIRv2Config SR_X2 =
      COLOR_DN.with(Map.of("upscale", 2, "upsampler", "pixelshuffle"));

  /** Classical super-resolution to three times the size, the base size. */
  public static final MambaIRv2Config SR_X3 = SR_X2.with(Map.of("upscale", 3));

  /** Classical super-resolution to four times the size, the base size. */
  public static final MambaIRv2Config SR_X4 = SR_X2.with(Map.of("upscale", 4));

  /** Classical super-resolution to twice the size, small. */
  public static final MambaIRv2Config SR_SMALL_X2 =
      SR_X2.with(
          Map.of(
              "embed_dim",
              132,
              "depths",
              Collections.nCopies(6, 4),
              "num_heads",
              Collections.nCopies(6, 4)));

  /** Classical super-resolution to three times the size, small. */
  public static final MambaIRv2Config SR_SMALL_X3 = SR_SMALL_X2.with(Map.of("upscale", 3));

  /** Classical super-resolution to four times the size, small. */
  public static final MambaIRv2Config SR_SMALL_X4 = SR_SMALL_X2.with(Map.of("upscale", 4));

  /** Classical super-resolution to twice the size, large. */
  public static final MambaIRv2Config SR_LARGE_X2 =
      SR_X2.with(
          Map.of("depths", Collections.nCopies(9, 6), "num_heads", Collections.nCopies(9, 6)));

  /** Classical super-resolution to three times the size, large. */
  public static final MambaIRv2Config SR_LARGE_X3 = SR_LARGE_X2.with(Map.of("upscale", 3));

  /** Classical super-resolution to four times the size, large. */
  public static final MambaIRv2Config SR_LARGE_X4 = SR_LARGE_X2.with(Map.of("upscale", 4));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public MambaIRv2Config {
    depths = List.copyOf(depths);
    heads = List.copyOf(heads);
    if (depths.isEmpty() || heads.size() != depths.size()) {
      throw new IllegalArgumentException(
          "depths and num_heads must name the same groups, at least one, got "
              + depths
              + " and "
              + heads);
    }
    int channels = shape.embedDim();
    if (channels < 3 || (int) (mlpRatio * channels) < 2) {
      throw new IllegalArgumentException(
          "embed_dim must be at least 3 and mlp_ratio times it at least 2, got "
              + channels
              + " and "
              + mlpRatio);
    }
    for (int count : heads) {
      if (channels % count != 0) {
        throw new IllegalArgumentException(
            "num_heads must divide embed_dim, " + channels + ", got " + heads);
      }
    }
    if (gated && (int) (mlpRatio * channels) % 2 != 0) {
      throw new IllegalArgumentException(
          "mlp_ratio times embed_dim must be even in a gated network, got "
              + mlpRatio
              + " and "
              + channels);
    }
    if (windowSize < 2 || kernel % 2 == 0) {
      throw new IllegalArgumentException(
          "window_size must be at least 2 and convffn_kernel_size odd, got "
              + windowSize
              + " and "
              + kernel);
    }
  }

  private static MambaIRv2Config ofDefaults(boolean gated) {
    List<Integer> depths = List.of(6, 6, 6, 6);
    List<Integer> heads = List.of(4, 4, 4, 4);
    RestorerShape shape = new RestorerShape(3, 48, 1, 1.0, Upsampling.RESIDUAL, "1conv");
    return new MambaIRv2Config(shape, 8, depths, heads, 16, 32, 64, 5, 2.0, true, gated);
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced. {@code
   * img_size} is taken, but changes nothing, as in the reference.
   *
   * @param arguments by the reference's names
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public MambaIRv2Config with(Map<String, ?> arguments) {
    ConstructorArguments read = new ConstructorArguments("MambaIRv2", toArguments(), arguments);
    if (read.bool("ape")) {
      throw new IllegalArgumentException(
          "ape must be false, as in every published MambaIRv2; others are not supported");
    }
    return new MambaIRv2Config(
        RestorerShape.of(read),
        read.integer("d_state", 1),
        read.integers("depths", 1),
        read.integers("num_heads", 1),
        read.integer("window_size", 1),
        read.integer("inner_rank", 1),
        read.integer("num_tokens", 1),
        read.integer("convffn_kernel_size", 1),
        read.number("mlp_ratio", 0),
        read.bool("qkv_bias"),
        gated);
  }

  /**
   * This configuration as arguments of the reference's constructor; whether it is gated is none of
   * them, but the choice of the class.
   *
   * @return every argument; {@link #with} of them gives this configuration again
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = shape.toArguments();
    arguments.put("d_state", stateSize);
    arguments.put("depths", depths);
    arguments.put("num_heads", heads);
    arguments.put("window_size", windowSize);
    arguments.put("inner_rank", innerRank);
    arguments.put("num_tokens", tokens);
    arguments.put("convffn_kernel_size", kernel);
    arguments.put("mlp_ratio", mlpRatio);
    arguments.put("qkv_bias", qkvBias);
    arguments.put("ape", false);
    return arguments;
  }

  /**
   * Hidden channels of the feed-forward networks and of the state space.
   *
   * @return at least 2
   */
  int hidden() {
    return (int) (mlpRatio * shape.embedDim());
  }
}
