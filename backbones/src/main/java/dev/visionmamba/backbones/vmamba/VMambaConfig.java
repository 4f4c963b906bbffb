package dev.visionmamba.backbones.vmamba;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.backbones.HierarchicalBackbone;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.ScanStrategy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The shape of a VMamba. The published variants are the named constants; any other is made by
 * {@link #with}, whose argument names are those of the reference's constructor, and by {@link
 * #withScan}.
 *
 * @param channels channels of the images
 * @param depths blocks of each stage
 * @param dims channels of the first stage; each later one has twice as many
 * @param stateSize N, states a channel keeps
 * @param expand D / C, how much wider the mixer is inside
 * @param gated whether the mixer's output is gated: the first form, {@code v0} (there is a z), and
 *     not {@code v05_noz}
 * @param convBias whether the mixer's convolution has a bias
 * @param mlpRatio hidden channels of the MLP by channels; 0 for no MLP
 * @param overlappingPatches whether patches are embedded by two overlapping convolutions ({@code
 *     patchembed_version} v2), not one by one
 * @param convDownsampling whether stages are joined by convolutions ({@code downsample_version}
 *     v3), not by merging patches
 * @param dropPathRate the last block's stochastic depth in training; earlier blocks have less
 * @param outIndices which stages the feature pyramid shows, each with a norm of its own; none for
 *     all of them without norms, as in a classifier
 * @param scan how maps are walked; the published weights belong to the cross-scan
 */
public record VMambaConfig(
    int channels,
    List<Integer> depths,
    int dims,
    int stateSize,
    double expand,
    boolean gated,
    boolean convBias,
    double mlpRatio,
    boolean overlappingPatches,
    boolean convDownsampling,
    float dropPathRate,
    List<Integer> outIndices,
    ScanStrategy scan) {

  /** VMamba-T, s1l8: 30,249,064 parameters with its 1000-class head. */
  public static final VMambaConfig TINY_S1L8 =
      new VMambaConfig(
          3,
          List.of(2, 2, 8, 2),
          96,
          1,
          1.0,
          false,
          false,
          4.0,
          true,
          true,
          0.2f,
          List.of(0, 1, 2, 3),
          ScanStrategies.CROSS);

  /**
   * For small scenes, such as those of Fashion-MNIST's garments: VMamba-T's third as wide and with
   * five blocks, not fourteen. This project's own.
   */
  public static final VMambaConfig MICRO =
      TINY_S1L8.with(Map.of("dims", 32, "depths", List.of(1, 1, 2, 1), "drop_path_rate", 0.0));

  /** VMamba-S, s1l20: 49,012,840 parameters. */
  public static final VMambaConfig SMALL_S1L20 =
      TINY_S1L8.with(Map.of("depths", List.of(2, 2, 20, 2), "drop_path_rate", 0.3));

  /** VMamba-B, s1l20: 86,614,504 parameters. */
  public static final VMambaConfig BASE_S1L20 =
      SMALL_S1L20.with(Map.of("dims", 128, "drop_path_rate", 0.5));

  /** VMamba-T, s2l5: 30,705,832 parameters. */
  public static final VMambaConfig TINY_S2L5 =
      TINY_S1L8.with(Map.of("depths", List.of(2, 2, 5, 2), "ssm_ratio", 2.0));

  /** VMamba-S, s2l15: 50,147,752 parameters. */
  public static final VMambaConfig SMALL_S2L15 =
      TINY_S2L5.with(Map.of("depths", List.of(2, 2, 15, 2), "drop_path_rate", 0.3));

  /** VMamba-B, s2l15: 88,557,800 parameters. */
  public static final VMambaConfig BASE_S2L15 =
      SMALL_S2L15.with(Map.of("dims", 128, "drop_path_rate", 0.6));

  /** The first VMamba-T: 22,893,448 parameters. */
  public static final VMambaConfig VANILLA_TINY =
      TINY_S1L8.with(
          Map.ofEntries(
              Map.entry("depths", List.of(2, 2, 9, 2)),
              Map.entry("ssm_d_state", 16),
              Map.entry("ssm_ratio", 2.0),
              Map.entry("forward_type", "v0"),
              Map.entry("ssm_conv_bias", true),
              Map.entry("mlp_ratio", 0.0),
              Map.entry("patchembed_version", "v1"),
              Map.entry("downsample_version", "v1"),
              Map.entry("norm_layer", "ln")));

  /** The first VMamba-S: 44,417,416 parameters. */
  public static final VMambaConfig VANILLA_SMALL =
      VANILLA_TINY.with(Map.of("depths", List.of(2, 2, 27, 2), "drop_path_rate", 0.3));

  /** The first VMamba-B: 76,254,056 parameters. */
  public static final VMambaConfig VANILLA_BASE =
      VANILLA_SMALL.with(Map.of("dims", 128, "drop_path_rate", 0.6));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public VMambaConfig {
    depths = List.copyOf(depths);
    outIndices = List.copyOf(outIndices);
    if (depths.isEmpty()) {
      throw new IllegalArgumentException("depths must name at least one stage");
    }
    HierarchicalBackbone.requireOutIndices(outIndices, depths.size());
    if (dropPathRate >= 1) {
      throw new IllegalArgumentException("drop_path_rate must be below 1, got " + dropPathRate);
    }
    if ((int) (expand * dims) < 1) {
      throw new IllegalArgumentException("ssm_ratio " + expand + " leaves no channel of " + dims);
    }
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced.
   *
   * @param arguments by the reference's names
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public VMambaConfig with(Map<String, ?> arguments) {
    ConstructorArguments read = new ConstructorArguments("VMamba", toArguments(), arguments);
    // The published values of options of which only these are supported.
    read.word("ssm_act_layer", List.of("silu"));
    read.word("mlp_act_layer", List.of("gelu"));
    read.word("ssm_init", List.of("v0"));
    read.word("ssm_dt_rank", List.of("auto"));
    read.word("norm_layer", List.of("ln", "ln2d")); // the same function of another layout
    require("ssm_conv", read.integer("ssm_conv", 1) == 3, 3);
    require("patch_norm", read.bool("patch_norm"), true);
    List<Integer> newDepths = read.integers("depths", 1);
    boolean showsAll = outIndices.equals(all(depths)) && !arguments.containsKey("out_indices");
    return new VMambaConfig(
        read.integer("in_chans", 1),
        newDepths,
        read.integer("dims", 1),
        read.integer("ssm_d_state", 1),
        read.number("ssm_ratio", 0),
        read.word("forward_type", List.of("v05_noz", "v0")).equals("v0"),
        read.bool("ssm_conv_bias"),
        read.number("mlp_ratio", 0),
        read.word("patchembed_version", List.of("v1", "v2")).equals("v2"),
        read.word("downsample_version", List.of("v1", "v3")).equals("v3"),
        (float) read.number("drop_path_rate", 0),
        showsAll ? all(newDepths) : read.integers("out_indices", 0),
        scan);
  }

  private static List<Integer> all(List<Integer> depths) {
    return IntStream.range(0, depths.size()).boxed().toList();
  }

  private static void require(String name, boolean holds, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(
          name + " is " + value + " in every published VMamba; other values are not supported");
    }
  }

  /**
   * This configuration with another way of walking maps. The network has as many directions as the
   * strategy, and parameters for each.
   *
   * @param strategy with the same number of directions on any grid
   * @return the configuration
   */
  public VMambaConfig withScan(ScanStrategy strategy) {
    return new VMambaConfig(
        channels,
        depths,
        dims,
        stateSize,
        expand,
        gated,
        convBias,
        mlpRatio,
        overlappingPatches,
        convDownsampling,
        dropPathRate,
        outIndices,
        strategy);
  }

  /**
   * This configuration as arguments of the reference's constructor; the scan is none of them.
   *
   * @return every argument; {@link #with} of them gives this configuration again
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("in_chans", channels);
    arguments.put("depths", depths);
    arguments.put("dims", dims);
    arguments.put("ssm_d_state", stateSize);
    arguments.put("ssm_ratio", expand);
    arguments.put("ssm_dt_rank", "auto");
    arguments.put("ssm_act_layer", "silu");
    arguments.put("ssm_conv", 3);
    arguments.put("ssm_conv_bias", convBias);
    arguments.put("ssm_init", "v0");
    arguments.put("forward_type", gated ? "v0" : "v05_noz");
    arguments.put("mlp_ratio", mlpRatio);
    arguments.put("mlp_act_layer", "gelu");
    arguments.put("patch_norm", true);
    arguments.put("norm_layer", gated ? "ln" : "ln2d");
    arguments.put("patchembed_version", overlappingPatches ? "v2" : "v1");
    arguments.put("downsample_version", convDownsampling ? "v3" : "v1");
    arguments.put("drop_path_rate", dropPathRate);
    arguments.put("out_indices", outIndices);
    return arguments;
  }

  /**
   * C, the channels of a stage.
   *
   * @param stage counted from 0
   * @return dims * 2^stage
   */
  public int channelsOf(int stage) {
    return dims << stage;
  }

  /**
   * How many directions the scan has.
   *
   * @return at least 1
   */
  public int directions() {
    return scan.paths(8, 8).size();
  }
}
