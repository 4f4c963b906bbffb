package dev.visionmamba.heads.restoration.layers;

/**
 * What a {@link ResidualRestorer} is like around its groups.
 *
 * @param channels of the images; of three, the mean colour of DIV2K is taken off
 * @param embedDim C, channels of the features
 * @param scale how much larger the output is
 * @param imageRange what the values are multiplied by inside
 * @param upsampling how features become images
 * @param residualConnection one of {@link ResidualConvolution#WORDS}
 */
public record RestorerShape(
    int channels,
    int embedDim,
    int scale,
    double imageRange,
    Upsampling upsampling,
    String residualConnection) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one does not suit the others
   */
  public RestorerShape {
    if (!(imageRange > 0)) {
      throw new IllegalArgumentException("img_range must be above 0, got " + imageRange);
    }
    if (residualConnection.equals("3conv") && embedDim < 4) {
      throw new IllegalArgumentException("3conv needs an embed_dim of at least 4, got " + embedDim);
    }
    boolean fits =
        switch (upsampling) {
          case RESIDUAL -> scale == 1;
          case NEAREST_CONVOLUTION -> scale == 4;
          case PIXEL_SHUFFLE -> scale == 3 || Integer.bitCount(scale) == 1;
          case PIXEL_SHUFFLE_DIRECT -> true;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "upscale = " + scale + " is not possible by the upsampler \"" + upsampling.word() + '"');
    }
  }
}
