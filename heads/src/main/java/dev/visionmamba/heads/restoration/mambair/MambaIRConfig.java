package dev.visionmamba.heads.restoration.mambair;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.heads.restoration.layers.RestorerShape;
import dev.visionmamba.heads.restoration.layers.Upsampling;
import java.util.List;
import java.util.Map;

/**
 * The shape of a MambaIR. The published variants are the named constants; any other is made by
 * {@link #with}, whose argument names are those of the reference's constructor.
 *
 * @param shape of the frame around the groups
 * @param depths blocks of each group
 * @param stateSize N, states a channel keeps
 * @param expand D / C, how much wider the mixer is inside ({@code mlp_ratio})
 * @param dropPathRate the last block's stochastic depth in training; earlier blocks have less
 */
public record MambaIRConfig(
    RestorerShape shape, List<Integer> depths, int stateSize, double expand, float dropPathRate) {

  /** What the reference's constructor makes without arguments, but for {@code upscale}, 1. */
  public static final MambaIRConfig DEFAULT =
      new MambaIRConfig(
          new RestorerShape(3, 96, 1, 1.0, Upsampling.RESIDUAL, "1conv"),
          List.of(6, 6, 6, 6),
          16,
          2.0,
          0.1f);

  /** Lightweight super-resolution to twice the size. */
  public static final MambaIRConfig LIGHT_X2 =
      DEFAULT.with(
          Map.of(
              "upscale",
              2,
              "embed_dim",
              60,
              "d_state",
              10,
              "mlp_ratio",
              1.2,
              "upsampler",
              "pixelshuffledirect"));

  /** Lightweight super-resolution to three times the size. */
  public static final MambaIRConfig LIGHT_X3 = LIGHT_X2.with(Map.of("upscale", 3));

  /** Lightweight super-resolution to four times the size. */
  public static final MambaIRConfig LIGHT_X4 = LIGHT_X2.with(Map.of("upscale", 4));

  /** Gaussian colour denoising; the noise levels 15, 25 and 50 differ in their weights alone. */
  public static final MambaIRConfig COLOR_DN =
      DEFAULT.with(Map.of("embed_dim", 180, "depths", List.of(6, 6, 6, 6, 6, 6), "mlp_ratio", 1.2));

  /** JPEG artifacts of grey images; the qualities 10, 30 and 40 differ in their weights alone. */
  public static final MambaIRConfig CAR = COLOR_DN.with(Map.of("in_chans", 1));

  /** Classical super-resolution to twice the size. */
  public static final MambaIRConfig SR_X2 =
      COLOR_DN.with(Map.of("upscale", 2, "mlp_ratio", 2, "upsampler", "pixelshuffle"));

  /** Classical super-resolution to three times the size. */
  public static final MambaIRConfig SR_X3 = SR_X2.with(Map.of("upscale", 3));

  /** Classical super-resolution to four times the size. */
  public static final MambaIRConfig SR_X4 = SR_X2.with(Map.of("upscale", 4));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public MambaIRConfig {
    depths = List.copyOf(depths);
    if (depths.isEmpty()) {
      throw new IllegalArgumentException("depths must name at least one group");
    }
    VSSBlock.requireChannels("embed_dim", shape.embedDim(), expand, dropPathRate);
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced. {@code
   * img_size} and {@code window_size} are taken, but change nothing, as in the reference.
   *
   * @param arguments by the reference's names
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public MambaIRConfig with(Map<String, ?> arguments) {
    ConstructorArguments read = new ConstructorArguments("MambaIR", toArguments(), arguments);
    read.integer("window_size", 1);
    return new MambaIRConfig(
        RestorerShape.of(read),
        read.integers("depths", 1),
        read.integer("d_state", 1),
        read.number("mlp_ratio", 0),
        (float) read.number("drop_path_rate", 0));
  }

  /**
   * This configuration as arguments of the reference's constructor.
   *
   * @return every argument; {@link #with} of them gives this configuration again
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = shape.toArguments();
    arguments.put("depths", depths);
    arguments.put("d_state", stateSize);
    arguments.put("mlp_ratio", expand);
    arguments.put("drop_path_rate", dropPathRate);
    arguments.put("window_size", 8);
    return arguments;
  }
}
