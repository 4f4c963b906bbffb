package dev.visionmamba.heads.restoration.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** Rearrangements of channel-last maps. */
public final class Pixels {
  private Pixels() {}

  /**
   * Channels become pixels (Shi et al. 2016, arXiv:1609.05158, equation 4).
   *
   * @param map (B, H, W, C * r * r); of a pixel's channels, those of one output channel are
   *     neighbours
   * @param r how much larger the output is
   * @return (B, r * H, r * W, C)
   */
  public static NDArray shuffle(NDArray map, int r) {
    Shape s = map.getShape();
    long channels = s.get(3) / ((long) r * r);
    try (NDArray apart = map.reshape(s.get(0), s.get(1), s.get(2), channels, r, r);
        NDArray ordered = apart.transpose(0, 1, 4, 2, 5, 3)) { // (B, H, r, W, r, C)
      return ordered.reshape(s.get(0), r * s.get(1), r * s.get(2), channels);
    }
  }

  /**
   * Pixels become channels, the inverse of {@link #shuffle}.
   *
   * @param map (B, H, W, C), its sides multiples of r
   * @param r how much smaller the output is
   * @return (B, H / r, W / r, C * r * r)
   */
  public static NDArray unshuffle(NDArray map, int r) {
    Shape s = map.getShape();
    long height = s.get(1) / r;
    long width = s.get(2) / r;
    try (NDArray apart = map.reshape(s.get(0), height, r, width, r, s.get(3));
        NDArray ordered = apart.transpose(0, 1, 3, 5, 2, 4)) { // (B, H/r, W/r, C, r, r)
      return ordered.reshape(s.get(0), height, width, s.get(3) * r * r);
    }
  }

  /**
   * Every pixel four times: nearest-neighbour interpolation to twice the size.
   *
   * @param map (B, H, W, C)
   * @return (B, 2H, 2W, C)
   */
  public static NDArray twice(NDArray map) {
    Shape s = map.getShape();
    try (NDArray apart = map.reshape(s.get(0), s.get(1), 1, s.get(2), 1, s.get(3));
        NDArray repeated = apart.broadcast(s.get(0), s.get(1), 2, s.get(2), 2, s.get(3))) {
      return repeated.reshape(s.get(0), 2 * s.get(1), 2 * s.get(2), s.get(3));
    }
  }

  /**
   * Maps as images.
   *
   * @param map (B, H, W, C)
   * @return (B, C, H, W), contiguous
   */
  public static NDArray channelFirst(NDArray map) {
    Shape s = map.getShape();
    try (NDArray view = map.transpose(0, 3, 1, 2);
        NDArray flat = view.reshape(-1)) { // copies, unless there is one channel
      return flat.reshape(s.get(0), s.get(3), s.get(1), s.get(2));
    }
  }
}
