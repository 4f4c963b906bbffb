package dev.visionmamba.zoo;

import java.util.List;

/**
 * How a picture becomes a network's input: its shorter side is resized, the centre is cut out, and
 * each channel is normalised as (value - mean) / std with values in 0..1.
 *
 * @param resize the shorter side in pixels
 * @param height of the crop in pixels
 * @param width of the crop in pixels
 * @param interpolation "bicubic" or "bilinear"
 * @param mean a channel; three for RGB, one for grey
 * @param std a channel
 */
public record ImageInput(
    int resize, int height, int width, String interpolation, List<Float> mean, List<Float> std) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is missing or out of range
   */
  public ImageInput {
    if (resize < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "input sizes must be at least 1, got " + resize + ", " + height + "x" + width);
    }
    if (!"bicubic".equals(interpolation) && !"bilinear".equals(interpolation)) {
      throw new IllegalArgumentException(
          "interpolation must be bicubic or bilinear, got " + interpolation);
    }
    if (mean == null || std == null || mean.size() != std.size()) {
      throw new IllegalArgumentException("mean and std must name the same channels");
    }
    if (mean.size() != 1 && mean.size() != 3) {
      throw new IllegalArgumentException("an input has 1 or 3 channels, not " + mean.size());
    }
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (std.stream().anyMatch(value -> !(value > 0))) {
      throw new IllegalArgumentException("std must be above 0, got " + std);
    }
  }

  /**
   * How many channels the network takes.
   *
   * @return 3 for RGB, 1 for grey
   */
  public int channels() {
    return mean.size();
  }
}
