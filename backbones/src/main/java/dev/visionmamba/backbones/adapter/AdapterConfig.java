package dev.visionmamba.backbones.adapter;

/**
 * The shape of an adapter.
 *
 * @param priorChannels channels of the convolutional branch's stem, {@code conv_inplane}
 * @param heads M, heads of the attention, {@code deform_num_heads}
 * @param points P, points a head looks at on every level, {@code n_points}
 * @param attentionRatio channels inside the attention over those outside, {@code deform_ratio}
 * @param ffnRatio channels inside the convolutional feed-forward over those outside, {@code
 *     cffn_ratio}
 * @param initialInjection how much of what is injected counts at the start of training, {@code
 *     init_values}
 */
public record AdapterConfig(
    int priorChannels,
    int heads,
    int points,
    double attentionRatio,
    double ffnRatio,
    double initialInjection) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public AdapterConfig {
    if (Math.min(priorChannels, Math.min(heads, points)) < 1) {
      throw new IllegalArgumentException(
          String.format(
              "conv_inplane, deform_num_heads and n_points must be at least 1, got %d, %d and %d",
              priorChannels, heads, points));
    }
    if (!(attentionRatio > 0 && ffnRatio > 0)) {
      throw new IllegalArgumentException(
          String.format(
              "deform_ratio and cffn_ratio must be above 0, got %s and %s",
              attentionRatio, ffnRatio));
    }
  }

  /**
   * Channels inside the attention.
   *
   * @param channels those outside
   * @return a multiple of the heads
   * @throws IllegalArgumentException if the heads cannot share either number
   */
  public int attentionChannels(int channels) {
    int inner = (int) (attentionRatio * channels);
    if (channels % heads != 0 || inner % heads != 0 || inner == 0) {
      throw new IllegalArgumentException(
          String.format(
              "deform_num_heads %d must divide the %d channels and the %d inside the attention",
              heads, channels, inner));
    }
    return inner;
  }

  /**
   * Channels inside the feed-forward.
   *
   * @param channels those outside
   * @return at least 1
   * @throws IllegalArgumentException if none is left
   */
  public int ffnChannels(int channels) {
    int inner = (int) (ffnRatio * channels);
    if (inner < 1) {
      throw new IllegalArgumentException(
          "cffn_ratio " + ffnRatio + " leaves no channel of " + channels);
    }
    return inner;
  }
}
