package dev.visionmamba.tasks.drawing;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The colours that classes are drawn in. Immutable. */
public final class Palette {
  /** So many colours can still be told apart; more labels take them again. */
  public static final int MOST_DISTINCT = 256;

  /** Levels of each channel that distinct colours are chosen from. */
  private static final int[] LEVELS = {0, 51, 102, 153, 204, 255};

  /** Darker and paler colours than these vanish on pictures. */
  private static final double DARKEST = 30;

  private static final double LEAST_CHROMA = 22;

  /** What is behind all things is drawn so. */
  private static final Color GROUND = new Color(0x303030);

  private final List<Color> colours;

  private Palette(List<Color> colours) {
    this.colours = List.copyOf(colours);
  }

  /**
   * Colours of one's own.
   *
   * @param colours by label, 0xRRGGBB, at least one
   * @return the palette
   * @throws IllegalArgumentException if there is none
   */
  public static Palette of(List<Integer> colours) {
    if (colours.isEmpty()) {
      throw new IllegalArgumentException("a palette takes at least one colour");
    }
    return new Palette(colours.stream().map(Color::new).toList());
  }

  /**
   * The colours that ADE20K's 150 classes are usually drawn in.
   *
   * @return by label
   */
  public static Palette ade20k() {
    return of(ClassNames.ade20kColours());
  }

  /**
   * Colours for classes: ADE20K's for its 150, else {@linkplain #distinct distinct} ones, and a
   * dark grey for a class that is called background.
   *
   * @param classNames the classes' names by label, at least one
   * @return the palette
   * @throws IllegalArgumentException if there is no name
   */
  public static Palette forClasses(List<String> classNames) {
    if (classNames.equals(ClassNames.ade20k())) {
      return ade20k();
    }
    Palette distinct = distinct(classNames.size());
    List<Color> colours = new ArrayList<>();
    int next = 0;
    for (String name : classNames) {
      colours.add(name.equals("background") ? GROUND : distinct.colour(next++));
    }
    return new Palette(colours);
  }

  /**
   * Colours that differ as much as possible: each is, of all candidates, the farthest from those
   * before it in CIELAB. So the first few differ most.
   *
   * @param count how many, at least 1; from {@link #MOST_DISTINCT} on they repeat
   * @return the palette
   * @throws IllegalArgumentException if the count is below 1
   */
  public static Palette distinct(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a palette takes at least one colour, not " + count);
    }
    List<Color> candidates = candidates();
    List<double[]> places = candidates.stream().map(Palette::lab).toList();
    double[] nearest = new double[candidates.size()];
    Arrays.fill(nearest, Double.MAX_VALUE);
    // Grey grounds are kept away from, too.
    for (int grey = 0; grey <= 255; grey += 51) {
      approach(nearest, places, lab(new Color(grey, grey, grey)));
    }
    List<Color> chosen = new ArrayList<>();
    while (chosen.size() < Math.min(Math.min(count, MOST_DISTINCT), candidates.size())) {
      int farthest = 0;
      for (int i = 1; i < nearest.length; i++) {
        farthest = nearest[i] > nearest[farthest] ? i : farthest;
      }
      chosen.add(candidates.get(farthest));
      approach(nearest, places, places.get(farthest));
    }
    return new Palette(chosen);
  }

  private static List<Color> candidates() {
    List<Color> candidates = new ArrayList<>();
    for (int finer = 0; finer < 2; finer++) {
      for (int red : LEVELS) {
        for (int green : LEVELS) {
          for (int blue : LEVELS) {
            int half = finer * 25;
            Color colour =
                new Color(
                    Math.min(255, red + half),
                    Math.min(255, green + half),
                    Math.min(255, blue + half));
            double[] lab = lab(colour);
            if (lab[0] >= DARKEST
                && Math.hypot(lab[1], lab[2]) >= LEAST_CHROMA
                && !candidates.contains(colour)) {
              candidates.add(colour);
            }
          }
        }
      }
    }
    return candidates;
  }

  private static void approach(double[] nearest, List<double[]> places, double[] place) {
    for (int i = 0; i < nearest.length; i++) {
      nearest[i] = Math.min(nearest[i], distance(places.get(i), place));
    }
  }

  /** How different two colours look; about 2.3 can just be told apart. */
  static double distance(Color a, Color b) {
    return distance(lab(a), lab(b));
  }

  private static double distance(double[] a, double[] b) {
    return Math.sqrt(
        (a[0] - b[0]) * (a[0] - b[0])
            + (a[1] - b[1]) * (a[1] - b[1])
            + (a[2] - b[2]) * (a[2] - b[2]));
  }

  /** The colour's place in CIELAB under daylight (D65). */
  private static double[] lab(Color colour) {
    double red = linear(colour.getRed());
    double green = linear(colour.getGreen());
    double blue = linear(colour.getBlue());
    double x = cube((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
    double y = cube(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    double z = cube((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double linear(int level) {
    double v = level / 255.0;
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }

  private static double cube(double t) {
    return t > 216.0 / 24389 ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  }

  /** How bright a colour is, 0 to 1 (relative luminance, WCAG). */
  static double luminance(Color colour) {
    return 0.2126 * linear(colour.getRed())
        + 0.7152 * linear(colour.getGreen())
        + 0.0722 * linear(colour.getBlue());
  }

  /** Black or white, whichever is read better on a colour. */
  static Color inkOn(Color ground) {
    // Where both have the same contrast: (1.05 / (l + 0.05)) = ((l + 0.05) / 0.05).
    return luminance(ground) > 0.179 ? Color.BLACK : Color.WHITE;
  }

  /**
   * How many colours there are.
   *
   * @return at least 1
   */
  public int size() {
    return colours.size();
  }

  /**
   * A class's colour.
   *
   * @param label the class, at least 0; beyond the last colour they start again
   * @return the colour
   * @throws IndexOutOfBoundsException if the label is below 0
   */
  public Color colour(int label) {
    return colours.get(label % colours.size());
  }
}
