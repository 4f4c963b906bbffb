package dev.visionmamba.heads.ops;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;

/**
 * Features of regions from a pyramid: each region by {@link RoiAlign} on the level that suits its
 * size (Lin et al. 2017, arXiv:1612.03144, section 4.2).
 */
public final class RoiExtractor {
  private final RoiAlign align;
  private final int[] strides;
  private final RoiLevels levels;

  /**
   * An extractor.
   *
   * @param align how a region is sampled
   * @param strides of the levels that regions are looked up in, the finest first
   * @param levels which of them a region belongs to
   * @throws IllegalArgumentException if there are not as many strides as levels
   */
  public RoiExtractor(RoiAlign align, int[] strides, RoiLevels levels) {
    if (strides.length != levels.levels()) {
      throw new IllegalArgumentException(
          levels.levels() + " levels need as many strides, got " + Arrays.toString(strides));
    }
    this.align = align;
    this.strides = strides.clone();
    this.levels = levels;
  }

  /**
   * The features of regions; gradients flow as through {@link RoiAlign#forward}.
   *
   * @param maps (B, H, W, C), at least one for each stride; those after are not read
   * @param rois n regions
   * @return (n, bins, bins, C), in the order of the regions, in the first map's manager
   * @throws IllegalArgumentException if there are fewer maps, they do not fit together, or a region
   *     is of an image that is not in the batch
   */
  public NDArray forward(List<NDArray> maps, Rois rois) {
    if (maps.size() < strides.length) {
      throw new IllegalArgumentException(
          "regions are looked up in " + strides.length + " levels, but there are " + maps.size());
    }
    double[] scales = Arrays.stream(strides).mapToDouble(stride -> 1.0 / stride).toArray();
    return new RoiPooling(align, scales, rois, levels.of(rois.boxes()))
        .forward(maps.subList(0, strides.length));
  }
}
