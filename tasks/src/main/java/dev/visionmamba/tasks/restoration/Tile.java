package dev.visionmamba.tasks.restoration;

import java.util.Objects;

/**
 * A piece of a picture as a network takes it and gives it back: the level of channel c in row y and
 * column x is {@code levels[(c * height + y) * width + x]}, 0 for black to 1 for white. A network's
 * own results may lie outside of 0 to 1.
 *
 * <p>The array is held, not copied; treat it as read-only once it is in here.
 *
 * @param channels 1 for grey, 3 for red, green and blue
 * @param height rows
 * @param width columns
 * @param levels {@code channels * height * width} levels
 */
public record Tile(int channels, int height, int width, float[] levels) {

  /**
   * Checks the size against the levels.
   *
   * @throws IllegalArgumentException if a size is below 1 or the array has another length than
   *     {@code channels * height * width}
   */
  public Tile {
    Objects.requireNonNull(levels, "levels");
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a tile has at least 1x1x1 levels, not %dx%dx%d".formatted(channels, height, width));
    }
    if (levels.length != (long) channels * height * width) {
      throw new IllegalArgumentException(
          "levels: a tile of %dx%dx%d takes %d levels, got %d"
              .formatted(channels, height, width, (long) channels * height * width, levels.length));
    }
  }
}
