package dev.visionmamba.backbones.efficientvim;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.backbones.HierarchicalBackbone;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shape of an EfficientViM. The published variants are the named constants; any other is made
 * by {@link #with}, whose argument names are those of the reference's constructor.
 *
 * @param channels channels of the images
 * @param embedDim C, channels of each stage
 * @param depths blocks of each stage
 * @param mlpRatio hidden channels of the feed-forward network by channels
 * @param expand D / C, how much wider the hidden states are while they are gated
 * @param stateSizes N, hidden states of each stage
 * @param distillation whether the classification head has a second set of linear layers, trained to
 *     follow a teacher
 * @param imageSize the height and width that the variant was trained at
 * @param outIndices which stages the feature pyramid shows; none for all of them
 */
public record EfficientViMConfig(
    int channels,
    List<Integer> embedDim,
    List<Integer> depths,
    double mlpRatio,
    double expand,
    List<Integer> stateSizes,
    boolean distillation,
    List<Integer> imageSize,
    List<Integer> outIndices) {

  /** The stem begins with an eighth of the first stage's channels. */
  private static final int LEAST_CHANNELS = 8;

  /** EfficientViM-M1: 6,679,458 parameters with its 1000-class head. */
  public static final EfficientViMConfig M1 =
      new EfficientViMConfig(
          3,
          List.of(128, 192, 320),
          List.of(2, 2, 2),
          4.0,
          1.0,
          List.of(49, 25, 9),
          false,
          List.of(224, 224),
          List.of());

  /** EfficientViM-M2: 13,903,842 parameters. */
  public static final EfficientViMConfig M2 = M1.with(Map.of("embed_dim", List.of(128, 256, 512)));

  /** EfficientViM-M3: 16,604,174 parameters. */
  public static final EfficientViMConfig M3 = M1.with(Map.of("embed_dim", List.of(224, 320, 512)));

  /** EfficientViM-M4: 19,606,505 parameters. */
  public static final EfficientViMConfig M4 =
      M3.with(
          Map.of("depths", List.of(3, 4, 2), "state_dim", List.of(64, 32, 16), "img_size", 256));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range or does not fit the others
   */
  public EfficientViMConfig {
    embedDim = List.copyOf(embedDim);
    depths = List.copyOf(depths);
    stateSizes = List.copyOf(stateSizes);
    imageSize = List.copyOf(imageSize);
    outIndices = List.copyOf(outIndices);
    if (depths.isEmpty()) {
      throw new IllegalArgumentException("depths must name at least one stage");
    }
    requireOneAStage("embed_dim", embedDim, depths);
    requireOneAStage("state_dim", stateSizes, depths);
    if (embedDim.get(0) < LEAST_CHANNELS) {
      throw new IllegalArgumentException(
          "embed_dim must begin with at least " + LEAST_CHANNELS + ", got " + embedDim);
    }
    for (int c : embedDim) {
      if ((int) (expand * c) < 1) {
        throw new IllegalArgumentException("ssd_expand " + expand + " leaves no channel of " + c);
      }
      if ((int) (mlpRatio * c) < 1) {
        throw new IllegalArgumentException("mlp_ratio " + mlpRatio + " leaves no channel of " + c);
      }
    }
    if (imageSize.size() != 2) {
      throw new IllegalArgumentException(
          "img_size must be a number or a height and a width, got " + imageSize);
    }
    HierarchicalBackbone.requireOutIndices(outIndices, depths.size());
  }

  private static void requireOneAStage(String name, List<Integer> values, List<Integer> depths) {
    if (values.size() != depths.size()) {
      throw new IllegalArgumentException(
          String.format(
              "%s must have one number a stage, like depths %s: %s", name, depths, values));
    }
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced, or with {@code
   * img_size} (a number, or a height and a width) or {@code out_indices}.
   *
   * @param arguments by the reference's names
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public EfficientViMConfig with(Map<String, ?> arguments) {
    ConstructorArguments read = new ConstructorArguments("EfficientViM", toArguments(), arguments);
    return new EfficientViMConfig(
        read.integer("in_dim", 1),
        read.integers("embed_dim", 1),
        read.integers("depths", 1),
        read.number("mlp_ratio", 0),
        read.number("ssd_expand", 0),
        read.integers("state_dim", 1),
        read.bool("distillation"),
        read.size("img_size"),
        read.integers("out_indices", 0));
  }

  /**
   * This configuration as arguments of the reference's constructor.
   *
   * @return every argument; {@link #with} of them gives this configuration again
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("in_dim", channels);
    arguments.put("embed_dim", embedDim);
    arguments.put("depths", depths);
    arguments.put("mlp_ratio", mlpRatio);
    arguments.put("ssd_expand", expand);
    arguments.put("state_dim", stateSizes);
    arguments.put("distillation", distillation);
    arguments.put("img_size", imageSize);
    arguments.put("out_indices", outIndices);
    return arguments;
  }

  /**
   * How many stages there are.
   *
   * @return at least 1
   */
  public int stages() {
    return depths.size();
  }

  /**
   * C, the channels of a stage.
   *
   * @param stage counted from 0
   * @return at least 1
   */
  public int channelsOf(int stage) {
    return embedDim.get(stage);
  }

  /**
   * D, the channels of a stage's hidden states while they are gated.
   *
   * @param stage counted from 0
   * @return expand * C, rounded down
   */
  public int innerChannelsOf(int stage) {
    return (int) (expand * channelsOf(stage));
  }

  /**
   * The hidden channels of a stage's feed-forward networks.
   *
   * @param stage counted from 0
   * @return mlpRatio * C, rounded down
   */
  public int hiddenChannelsOf(int stage) {
    return (int) (mlpRatio * channelsOf(stage));
  }
}
