package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeColoursTest {

  @Test
  void coloursBecomeLighterAndDifferEqually() {
    List<Color> colours = TimeColours.all();
    assertThat(colours).doesNotHaveDuplicates().hasSize(64);
    assertThat(colours.get(0)).isEqualTo(TimeColours.at(0));
    assertThat(colours.get(63)).isEqualTo(TimeColours.at(1));
    for (int i = 1; i < colours.size(); i++) {
      double step = cubeRoot(colours.get(i)) - cubeRoot(colours.get(i - 1));
      assertThat(step).as("colour %d", i).isBetween(0.002, 0.02);
    }
  }

  /** About how light a colour looks: the cube root of its luminance. */
  private static double cubeRoot(Color colour) {
    return Math.cbrt(luminance(colour));
  }

  @Test
  void inkCanBeReadOnEveryColour() {
    for (int i = 0; i < 64; i++) {
      double ground = luminance(TimeColours.at(i / 63.0));
      double ink = luminance(TimeColours.inkOn(i / 63.0));
      // The contrast ratio of the Web Content Accessibility Guidelines.
      double contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
      assertThat(contrast).as("colour %d", i).isGreaterThan(3);
    }
  }

  private static double luminance(Color colour) {
    float[] rgb = colour.getRGBColorComponents(null);
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
  }

  private static double linear(double value) {
    return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
  }
}
