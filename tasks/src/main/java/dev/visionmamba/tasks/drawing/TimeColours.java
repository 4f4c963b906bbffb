package dev.visionmamba.tasks.drawing;

import java.awt.Color;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Colours for times from first to last: from dark violet over blue and green to light yellow, so
 * that equal differences of time look equal. Lightness rises evenly in Oklab (Ottosson 2020), which
 * also serves readers who do not tell the hues apart.
 */
final class TimeColours {
  private static final double FIRST_LIGHTNESS = 0.44;
  private static final double LAST_LIGHTNESS = 0.94;
  private static final double FIRST_HUE = Math.toRadians(300);
  private static final double LAST_HUE = Math.toRadians(102);
  private static final double CHROMA = 0.15;

  /** More could hardly be told apart, and files grow with the number of colours. */
  private static final int LEVELS = 64;

  private TimeColours() {}

  /**
   * The colour of a time.
   *
   * @param time 0 for the first to 1 for the last
   * @return an opaque colour
   */
  static Color at(double time) {
    double level = level(time);
    double lightness = lightness(level);
    double hue = FIRST_HUE + (LAST_HUE - FIRST_HUE) * level;
    // As much chroma as sRGB has at this lightness and hue.
    double chroma = CHROMA;
    if (outside(linear(lightness, chroma, hue))) {
      double inside = 0;
      while (chroma - inside > 1e-6) {
        double middle = (inside + chroma) / 2;
        if (outside(linear(lightness, middle, hue))) {
          chroma = middle;
        } else {
          inside = middle;
        }
      }
    }
    double[] rgb = linear(lightness, chroma, hue);
    return new Color(encoded(rgb[0]), encoded(rgb[1]), encoded(rgb[2]));
  }

  /** Every colour that there is, from first to last. */
  static List<Color> all() {
    return IntStream.range(0, LEVELS).mapToObj(i -> at((double) i / (LEVELS - 1))).toList();
  }

  /** A colour that can be read on the colour of a time. */
  static Color inkOn(double time) {
    return lightness(level(time)) < 0.66 ? Color.WHITE : Letters.INK;
  }

  private static double level(double time) {
    return Math.rint(time * (LEVELS - 1)) / (LEVELS - 1);
  }

  private static double lightness(double level) {
    return FIRST_LIGHTNESS + (LAST_LIGHTNESS - FIRST_LIGHTNESS) * level;
  }

  /** Linear sRGB of a colour of Oklab, given by lightness, chroma and hue. */
  private static double[] linear(double lightness, double chroma, double hue) {
    double a = chroma * Math.cos(hue);
    double b = chroma * Math.sin(hue);
    double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
    double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
    double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
    return new double[] {
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s
    };
  }

  private static boolean outside(double[] rgb) {
    for (double value : rgb) {
      if (value < 0 || value > 1) {
        return true;
      }
    }
    return false;
  }

  private static double cube(double x) {
    return x * x * x;
  }

  /** The transfer function of sRGB. */
  private static float encoded(double linear) {
    double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
    return (float) Math.max(0, Math.min(1, value));
  }
}
