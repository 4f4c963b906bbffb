package dev.visionmamba.tasks.metrics;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Levels;

/**
 * What of two pictures is compared. Levels are brought to the range of 0 to 255 (16-bit ones are
 * divided by 257) and not rounded; alpha is not looked at.
 */
public enum ComparedChannels {
  /** Every colour channel: red, green and blue, or grey. */
  COLOURS {
    @Override
    int count(DeepImage image) {
      return image.colours();
    }

    @Override
    void row(DeepImage image, int channel, int left, int y, double[] row) {
      Levels levels = image.levels();
      int step = image.channels();
      double unit = 255.0 / levels.max();
      int at = (y * image.width() + left) * step + channel;
      for (int x = 0; x < row.length; x++, at += step) {
        row[x] = levels.get(at) * unit;
      }
    }
  },

  /**
   * The luma of ITU-R BT.601 in its range of 16 to 235, as MATLAB's {@code rgb2ycbcr} and BasicSR's
   * {@code to_y_channel} have it: Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255. MATLAB rounds
   * it to 8 bits, BasicSR does not, and neither does this. Grey levels are compared as they are.
   */
  LUMA {
    @Override
    int count(DeepImage image) {
      return 1;
    }

    @Override
    void row(DeepImage image, int channel, int left, int y, double[] row) {
      if (image.colours() == 1) {
        COLOURS.row(image, 0, left, y, row);
        return;
      }
      Levels levels = image.levels();
      int step = image.channels();
      double unit = 1.0 / levels.max();
      int at = (y * image.width() + left) * step;
      for (int x = 0; x < row.length; x++, at += step) {
        double red = levels.get(at) * unit;
        double green = levels.get(at + 1) * unit;
        double blue = levels.get(at + 2) * unit;
        row[x] = 16 + (65.481 * red + 128.553 * green + 24.966 * blue);
      }
    }
  };

  /** How many channels of this picture are compared. */
  abstract int count(DeepImage image);

  /** A piece of a channel's row, from a column on: as many levels as the array has room for. */
  abstract void row(DeepImage image, int channel, int left, int y, double[] row);

  /** Refuses pictures that can not be compared once a border is cut off. */
  static void requireComparable(
      DeepImage restored, DeepImage original, int border, int smallestSide) {
    if (restored.width() != original.width()
        || restored.height() != original.height()
        || restored.colours() != original.colours()) {
      throw new IllegalArgumentException(
          "restored is %s, original is %s: size and colours must be the same"
              .formatted(restored, original));
    }
    long shorter = Math.min(restored.width(), restored.height()) - 2L * border;
    if (border < 0 || shorter < smallestSide) {
      throw new IllegalArgumentException(
          "border must be at least 0 and leave %1$dx%1$d pixels of %2$dx%3$d, got %4$d"
              .formatted(smallestSide, restored.width(), restored.height(), border));
    }
  }
}
