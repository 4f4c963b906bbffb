package dev.visionmamba.heads.detection;

/**
 * What lies between a region's features and its class and box.
 *
 * @param convolutions by 3x3 pixels, each followed by ReLU; at least 0
 * @param convolutionChannels of each
 * @param norm whether a batch norm follows each convolution, which then has no bias
 * @param linears linear layers, each followed by ReLU; at least 1
 * @param linearChannels of each
 */
public record BoxHeadConfig(
    int convolutions, int convolutionChannels, boolean norm, int linears, int linearChannels) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is too small
   */
  public BoxHeadConfig {
    if (convolutions < 0
        || (convolutions > 0 && convolutionChannels < 1)
        || linears < 1
        || linearChannels < 1) {
      throw new IllegalArgumentException(
          String.format(
              "a box head of %d convolutions of %d channels and %d linear layers of %d cannot be"
                  + " made",
              convolutions, convolutionChannels, linears, linearChannels));
    }
  }

  /**
   * Two linear layers: VMamba's and Swin's Mask R-CNN.
   *
   * @param linearChannels of each; 1024 as published
   * @return the configuration
   */
  public static BoxHeadConfig twoLinears(int linearChannels) {
    return new BoxHeadConfig(0, 0, false, 2, linearChannels);
  }

  /**
   * Four convolutions with batch norm and a linear layer: PlainMamba's Mask R-CNN.
   *
   * @param convolutionChannels of each; 256 as published
   * @param linearChannels of the linear layer; 1024 as published
   * @return the configuration
   */
  public static BoxHeadConfig fourConvolutions(int convolutionChannels, int linearChannels) {
    return new BoxHeadConfig(4, convolutionChannels, true, 1, linearChannels);
  }
}
