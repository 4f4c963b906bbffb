package dev.visionmamba.heads.restoration.mambair;

import dev.visionmamba.backbones.ConstructorArguments;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shape of a {@link MambaIRUNet}. The published network is {@link #REAL_DN}; any other is made
 * by {@link #with}, whose argument names are those of the reference's constructor.
 *
 * @param channels of the images
 * @param dim C, channels of the first level; each later one has twice as many
 * @param blocks of each of the four levels
 * @param refinementBlocks after the decoder
 * @param expand D / C, how much wider the mixer is inside ({@code mlp_ratio})
 * @param bias whether the convolutions between the levels that reduce channels, and the last one,
 *     have a bias
 * @param dropPathRate every block's stochastic depth in training
 */
public record MambaIRUNetConfig(
    int channels,
    int dim,
    List<Integer> blocks,
    int refinementBlocks,
    double expand,
    boolean bias,
    float dropPathRate) {

  /** Real image denoising (SIDD). */
  public static final MambaIRUNetConfig REAL_DN =
      new MambaIRUNetConfig(3, 48, List.of(4, 6, 6, 8), 4, 1.5, false, 0f);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public MambaIRUNetConfig {
    blocks = List.copyOf(blocks);
    if (blocks.size() != MambaIRUNet.LEVELS) {
      throw new IllegalArgumentException("num_blocks must name four levels, got " + blocks);
    }
    if (dim % 2 != 0) {
      throw new IllegalArgumentException("dim must be even, got " + dim);
    }
    VSSBlock.requireChannels("dim", dim, expand, dropPathRate);
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced.
   *
   * @param arguments by the reference's names
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public MambaIRUNetConfig with(Map<String, ?> arguments) {
    ConstructorArguments read = new ConstructorArguments("MambaIRUNet", toArguments(), arguments);
    int in = read.integer("inp_channels", 1);
    if (in != read.integer("out_channels", 1)) {
      throw new IllegalArgumentException(
          "out_channels must be inp_channels, " + in + ", for the image is added to the output");
    }
    if (read.bool("dual_pixel_task")) {
      throw new IllegalArgumentException(
          "dual_pixel_task is not supported: the reference's own branch for it does not run");
    }
    return new MambaIRUNetConfig(
        in,
        read.integer("dim", 1),
        read.integers("num_blocks", 1),
        read.integer("num_refinement_blocks", 1),
        read.number("mlp_ratio", 0),
        read.bool("bias"),
        (float) read.number("drop_path_rate", 0));
  }

  /**
   * This configuration as arguments of the reference's constructor.
   *
   * @return every argument; {@link #with} of them gives this configuration again
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("inp_channels", channels);
    arguments.put("out_channels", channels);
    arguments.put("dim", dim);
    arguments.put("num_blocks", blocks);
    arguments.put("mlp_ratio", expand);
    arguments.put("num_refinement_blocks", refinementBlocks);
    arguments.put("drop_path_rate", dropPathRate);
    arguments.put("bias", bias);
    arguments.put("dual_pixel_task", false);
    return arguments;
  }
}
