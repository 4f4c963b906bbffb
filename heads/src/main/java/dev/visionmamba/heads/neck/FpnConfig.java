package dev.visionmamba.heads.neck;

/**
 * The shape of a feature pyramid network, by the names of OpenMMLab's configurations.
 *
 * @param outChannels channels of every level, at least 1
 * @param startLevel the first map that is used, counted from 0
 * @param numOuts how many levels come out, at least as many as maps are used
 * @param extra where levels beyond the maps come from
 * @param norm whether a batch norm follows every convolution, which then has no bias
 */
public record FpnConfig(
    int outChannels, int startLevel, int numOuts, ExtraLevels extra, boolean norm) {

  /** Where levels coarser than the coarsest map come from, each at twice the stride. */
  public enum ExtraLevels {
    /** Every second pixel of the level before. */
    MAX_POOL,
    /** A convolution of the coarsest map, then of the level before. */
    ON_INPUT,
    /** A convolution of the level before. */
    ON_OUTPUT
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is too small
   */
  public FpnConfig {
    if (outChannels < 1 || startLevel < 0 || numOuts < 1) {
      throw new IllegalArgumentException(
          String.format(
              "out_channels and num_outs must be at least 1 and start_level at least 0, got %d, %d"
                  + " and %d",
              outChannels, numOuts, startLevel));
    }
  }

  /**
   * As Mask R-CNN and Semantic FPN use it: every map, extra levels by pooling, no norm.
   *
   * @param outChannels channels of every level; 256 as published
   * @param numOuts how many levels come out
   * @return the configuration
   */
  public static FpnConfig of(int outChannels, int numOuts) {
    return new FpnConfig(outChannels, 0, numOuts, ExtraLevels.MAX_POOL, false);
  }

  /**
   * As RetinaNet uses it: from the second map on, five levels, of which the extra ones are
   * convolutions of the coarsest map (Lin et al. 2017, arXiv:1708.02002).
   *
   * @param outChannels channels of every level; 256 as published
   * @return the configuration
   */
  public static FpnConfig retina(int outChannels) {
    return new FpnConfig(outChannels, 1, 5, ExtraLevels.ON_INPUT, false);
  }
}
