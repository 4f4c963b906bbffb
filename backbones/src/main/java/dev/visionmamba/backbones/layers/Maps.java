package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Probe;

/** The two layouts of feature maps: (B, C, H, W) outside and (B, H, W, C) inside networks. */
public final class Maps {
  private Maps() {}

  /**
   * Images as contiguous channel-last maps, so that everything after lies that way, too.
   *
   * @param images (B, channels, H, W)
   * @param channels that the network wants
   * @return (B, H, W, channels)
   * @throws IllegalArgumentException if the images have another shape
   */
  public static NDArray channelLast(NDArray images, int channels) {
    Shape shape = requireImages(images.getShape(), channels);
    Shape last = new Shape(shape.get(0), shape.get(2), shape.get(3), channels);
    try (NDArray view = images.transpose(0, 2, 3, 1);
        NDArray flat = view.reshape(-1)) { // no view can be flat: this copies
      return flat.reshape(last);
    }
  }

  /**
   * Checks that images are (B, channels, H, W).
   *
   * @param shape of the images
   * @param channels that the network wants
   * @return the shape
   * @throws IllegalArgumentException if it is another
   */
  public static Shape requireImages(Shape shape, int channels) {
    if (shape.dimension() != 4 || shape.get(1) != channels) {
      throw new IllegalArgumentException(
          "images must be (batch, " + channels + ", height, width), but are " + shape);
    }
    return shape;
  }

  /**
   * A probe that shows channel-last maps and token sequences channel-first.
   *
   * @param probe sees (B, C, H, W) or (B, C, L)
   * @return is given (B, H, W, C) or (B, L, C)
   */
  public static Probe channelFirst(Probe probe) {
    if (probe == Probe.NONE) {
      return probe;
    }
    return (name, map) -> {
      boolean tokens = map.getShape().dimension() == 3;
      try (NDArray first = tokens ? map.transpose(0, 2, 1) : map.transpose(0, 3, 1, 2)) {
        probe.see(name, first);
      }
    };
  }
}
