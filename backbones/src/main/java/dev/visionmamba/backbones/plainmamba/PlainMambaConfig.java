package dev.visionmamba.backbones.plainmamba;

import java.util.List;
import java.util.Map;

/**
 * The shape of a PlainMamba. The published variants are the named constants; any other is made by
 * {@link #with}, whose argument names are those of the reference's constructor.
 *
 * @param imageHeight height in pixels that the position embedding is made for, at least 2
 * @param imageWidth width in pixels that the position embedding is made for, at least 2
 * @param channels channels of the images
 * @param patchSize height and width of a patch in pixels, even
 * @param embedDims C, channels of a token
 * @param depth number of layers
 * @param stemConvolutions how many convolutions the stem has between its first one and the patches
 * @param layersWithConvolution which layers end with a depthwise convolution, counted from 0
 * @param positionEmbedding whether there is a learned absolute position embedding
 * @param finalNorm whether a norm follows the last layer; the published detectors have none
 * @param rmsNorm RMSNorm in place of LayerNorm in the layers
 * @param stateSize N, states a channel keeps
 * @param expand E / C, how much wider the mixer is inside
 * @param convSize height and width of the mixer's depthwise convolution, odd
 * @param convBias whether that convolution has a bias
 * @param projectionBias whether the mixer's first and last linear layers have one
 * @param dropPathRate the last layer's stochastic depth in training; earlier layers have less
 */
public record PlainMambaConfig(
    int imageHeight,
    int imageWidth,
    int channels,
    int patchSize,
    int embedDims,
    int depth,
    int stemConvolutions,
    List<Integer> layersWithConvolution,
    boolean positionEmbedding,
    boolean finalNorm,
    boolean rmsNorm,
    int stateSize,
    double expand,
    int convSize,
    boolean convBias,
    boolean projectionBias,
    float dropPathRate) {

  /** PlainMamba-L1: 7,551,656 parameters with its 1000-class head. */
  public static final PlainMambaConfig L1 =
      new PlainMambaConfig(
          224, 224, 3, 16, 192, 24, 1, List.of(0), true, true, false, 16, 2.0, 7, true, true, 0.2f);

  /** PlainMamba-L2: 26,145,832 parameters. */
  public static final PlainMambaConfig L2 =
      L1.with(
          Map.of("embed_dims", 384, "num_convs_patch_embed", 2, "layers_with_dwconv", List.of()));

  /** PlainMamba-L3: 50,956,456 parameters. */
  public static final PlainMambaConfig L3 =
      L2.with(Map.of("embed_dims", 448, "num_layers", 36, "drop_path_rate", 0.4));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public PlainMambaConfig {
    layersWithConvolution = List.copyOf(layersWithConvolution);
    if (Math.min(imageHeight, imageWidth) < 2) {
      throw new IllegalArgumentException(
          "img_size must be at least 2, got " + imageHeight + "x" + imageWidth);
    }
    if (patchSize % 2 != 0) {
      throw new IllegalArgumentException("patch_size must be even, got " + patchSize);
    }
    if (convSize % 2 == 0) {
      throw new IllegalArgumentException("conv_size must be odd, got " + convSize);
    }
    for (int layer : layersWithConvolution) {
      if (layer >= depth) {
        throw new IllegalArgumentException(
            String.format(
                "layers_with_dwconv must be layers from 0 to %d, got %s",
                depth - 1, layersWithConvolution));
      }
    }
    if ((int) (expand * embedDims) < 1) {
      throw new IllegalArgumentException("expand " + expand + " leaves no channel of " + embedDims);
    }
    if (dropPathRate >= 1) {
      throw new IllegalArgumentException("drop_path_rate must be below 1, got " + dropPathRate);
    }
  }

  /**
   * This configuration with some arguments of the reference's constructor replaced.
   *
   * @param arguments by the reference's names; {@code img_size} is a number or a list of height and
   *     width, {@code arch} a published variant that is taken in place of this configuration, and
   *     {@code layer_cfgs} and its {@code mamba_cfg} may name a part of theirs
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public PlainMambaConfig with(Map<String, ?> arguments) {
    return PlainMambaArguments.apply(this, arguments);
  }

  /**
   * This configuration as arguments of the reference's constructor.
   *
   * @return every argument, {@code arch} being null; {@link #with} of them gives this configuration
   *     again
   */
  public Map<String, Object> toArguments() {
    return PlainMambaArguments.of(this);
  }

  /**
   * E, channels inside the mixer.
   *
   * @return expand * embedDims
   */
  public int innerChannels() {
    return (int) (expand * embedDims);
  }

  /**
   * R, the rank of the step sizes.
   *
   * @return embedDims / 16, rounded up
   */
  public int deltaRank() {
    return (embedDims + 15) / 16;
  }

  /**
   * How many patches the position embedding counts along the image's height.
   *
   * @return at least 1
   */
  public int gridHeight() {
    return patches(imageHeight);
  }

  /**
   * How many patches the position embedding counts along the image's width.
   *
   * @return at least 1
   */
  public int gridWidth() {
    return patches(imageWidth);
  }

  /** As the reference counts: an odd side is halved downwards, though the stem rounds it up. */
  private int patches(int pixels) {
    return (pixels / 2 + patchSize / 2 - 1) / (patchSize / 2);
  }
}
