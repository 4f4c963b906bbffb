package dev.visionmamba.heads.ops;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * RoIAlign (He et al. 2017, arXiv:1703.06870, section 3): the features of a region of any size, on
 * a grid of bins, each the mean of samples that are interpolated bilinearly. In its aligned form,
 * where the centre of the first pixel is at 0.5, not at 0; a region may be smaller than a pixel.
 *
 * <p>A sample more than a pixel outside the map is 0. A region without width or height has no
 * samples when their number is adaptive, and is 0.
 *
 * @param height bins along y, at least 1
 * @param width bins along x, at least 1
 * @param samplingRatio samples a bin along each axis; 0 for about one a pixel of the map: the bin's
 *     side in pixels, rounded up
 */
public record RoiAlign(int height, int width, int samplingRatio) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is too small
   */
  public RoiAlign {
    if (height < 1 || width < 1 || samplingRatio < 0) {
      throw new IllegalArgumentException(
          String.format(
              "bins must be at least 1x1 and the sampling ratio at least 0, got %dx%d and %d",
              height, width, samplingRatio));
    }
  }

  /**
   * Square grids with adaptive sampling, as published.
   *
   * @param side bins along each axis: 7 for boxes and 14 for masks
   * @return the operator
   */
  public static RoiAlign adaptive(int side) {
    return new RoiAlign(side, side, 0);
  }

  /**
   * The features of regions. Inside a {@link dev.visionmamba.scans.autograd.ScanTrainer} gradients
   * flow to the map; where autograd is on without one, and on other devices than a CPU, DJL's own
   * operations are used, region by region.
   *
   * @param map (B, H, W, C), best contiguous
   * @param scale pixels of the map a pixel of the image: one over the stride
   * @param rois n regions
   * @return (n, height, width, C), in the map's manager
   * @throws IllegalArgumentException if the map has another number of axes, or a region is of an
   *     image that is not in the batch
   */
  public NDArray forward(NDArray map, double scale, Rois rois) {
    return new RoiPooling(this, new double[] {scale}, rois, new int[rois.size()])
        .forward(List.of(map));
  }
}
