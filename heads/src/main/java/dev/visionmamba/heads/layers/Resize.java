package dev.visionmamba.heads.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** Bringing channel-last maps, (B, H, W, C), to another size, as PyTorch does. */
public final class Resize {
  /** libtorch's interpolation by nearest neighbours, by DJL's number. */
  private static final int NEAREST = 0;

  private Resize() {}

  /**
   * Nearest neighbours: pixel i of n' is the old pixel floor(i n / n').
   *
   * @param map (B, H, W, C)
   * @param height the new height, at least 1
   * @param width the new width, at least 1
   * @return (B, height, width, C); a new array also where the size stays
   */
  public static NDArray nearest(NDArray map, long height, long width) {
    requireSize(map, height, width);
    try (NDArray view = map.transpose(0, 3, 1, 2);
        NDArray resized =
            view.getNDArrayInternal().interpolation(new long[] {height, width}, NEAREST, false)) {
      return resized.transpose(0, 2, 3, 1);
    }
  }

  private static void requireSize(NDArray map, long height, long width) {
    Shape shape = map.getShape();
    if (shape.dimension() != 4 || shape.size() == 0 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          String.format(
              "a map to resize must be (batch, height, width, channels) and its new size positive,"
                  + " got %s to %dx%d",
              shape, height, width));
    }
  }
}
