package dev.visionmamba.tasks.drawing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Objects;

/**
 * Draws maps of numbers side by side: channels of feature maps, receptive fields, evidence for a
 * class. Each is coloured by its own range, from dark violet for its least number over blue and
 * green to light yellow for its greatest, and enlarged by a whole number where that fits.
 */
public final class FeatureMapsPicture {
  /** The longer side of a drawn map, in pixels, if nothing else is told. */
  public static final int SIDE = 128;

  /** The longest side that can be told. */
  public static final int LONGEST_SIDE = 1024;

  /** The most maps. */
  public static final int MOST = 256;

  private static final int MARGIN = 12;
  private static final int GAP = 10;
  private static final Color EMPTY = new Color(0xd8dbe2);

  private FeatureMapsPicture() {}

  /**
   * A map with its title.
   *
   * @param title what stands above it; blank for nothing
   * @param height rows, at least 1
   * @param width columns, at least 1
   * @param values row after row: (height, width); what is not finite is drawn grey
   */
  public record NamedMap(String title, int height, int width, float[] values) {

    /**
     * Copies the values.
     *
     * @throws IllegalArgumentException if they are not as many as the sides say, or there are none
     */
    public NamedMap {
      Objects.requireNonNull(title, "title");
      if (height < 1 || width < 1 || values.length != (long) height * width) {
        throw new IllegalArgumentException(
            "a map of %d x %d cannot have %d values".formatted(height, width, values.length));
      }
      values = values.clone();
    }

    /**
     * A map that an array holds.
     *
     * @param title what stands above it
     * @param map (height, width), of any type of numbers
     * @return a copy of its values
     * @throws IllegalArgumentException if it is of another shape
     */
    public static NamedMap of(String title, NDArray map) {
      Shape shape = map.getShape();
      if (shape.dimension() != 2) {
        throw new IllegalArgumentException("a map must be (height, width), but is " + shape);
      }
      try (NDArray numbers = map.toType(DataType.FLOAT32, true)) {
        return new NamedMap(
            title,
            Math.toIntExact(shape.get(0)),
            Math.toIntExact(shape.get(1)),
            numbers.toFloatArray());
      }
    }
  }

  /**
   * Draws maps, row after row, the longer side of each at most {@value #SIDE} pixels.
   *
   * @param maps 1 to {@link #MOST}
   * @param columns how many are side by side, at least 1
   * @return a picture on white
   * @throws IllegalArgumentException if there are no maps or too many, or no columns
   */
  public static BufferedImage draw(List<NamedMap> maps, int columns) {
    return draw(maps, columns, SIDE);
  }

  /**
   * Draws maps, row after row.
   *
   * @param maps 1 to {@link #MOST}
   * @param columns how many are side by side, at least 1
   * @param side the most pixels of a drawn map's longer side, 16 to {@link #LONGEST_SIDE}
   * @return a picture on white
   * @throws IllegalArgumentException if there are no maps or too many, no columns, or the side is
   *     out of its range
   */
  public static BufferedImage draw(List<NamedMap> maps, int columns, int side) {
    if (side < 16 || side > LONGEST_SIDE) {
      throw new IllegalArgumentException(
          "the side must be 16 to " + LONGEST_SIDE + " pixels, got " + side);
    }
    if (maps.isEmpty() || maps.size() > MOST || columns < 1) {
      throw new IllegalArgumentException(
          "1 to %d maps can be drawn in at least one column, got %d in %d"
              .formatted(MOST, maps.size(), columns));
    }
    int cellHeight = 0;
    boolean titled = false;
    for (NamedMap map : maps) {
      cellHeight = Math.max(cellHeight, drawnHeight(map, side));
      titled |= !map.title().isBlank();
    }
    int title = titled ? Letters.line(Letters.TEXT) + 2 : 0;
    int across = Math.min(columns, maps.size());
    int down = (maps.size() + columns - 1) / columns;
    BufferedImage image =
        new BufferedImage(
            2 * MARGIN + across * (side + GAP) - GAP,
            2 * MARGIN + down * (title + cellHeight + GAP) - GAP,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    Letters.smooth(g);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    g.setFont(Letters.TEXT);
    for (int i = 0; i < maps.size(); i++) {
      NamedMap map = maps.get(i);
      int left = MARGIN + i % columns * (side + GAP);
      int top = MARGIN + i / columns * (title + cellHeight + GAP);
      g.setColor(Letters.INK);
      g.drawString(fitted(map.title(), side), left, top + Letters.TEXT.getSize());
      g.drawImage(
          coloured(map), left, top + title, drawnWidth(map, side), drawnHeight(map, side), null);
    }
    g.dispose();
    return image;
  }

  /** One pixel for each number. */
  private static BufferedImage coloured(NamedMap map) {
    float least = Float.POSITIVE_INFINITY;
    float greatest = Float.NEGATIVE_INFINITY;
    for (float value : map.values()) {
      if (Float.isFinite(value)) {
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
      }
    }
    double range = greatest > least ? (double) greatest - least : 1;
    BufferedImage image = new BufferedImage(map.width(), map.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < map.values().length; i++) {
      float value = map.values()[i];
      Color colour =
          Float.isFinite(value) ? TimeColours.at(((double) value - least) / range) : EMPTY;
      image.setRGB(i % map.width(), i / map.width(), colour.getRGB());
    }
    return image;
  }

  private static double scale(NamedMap map, int side) {
    int longer = Math.max(map.height(), map.width());
    return longer <= side ? side / longer : (double) side / longer;
  }

  private static int drawnWidth(NamedMap map, int side) {
    return Math.max(1, (int) Math.round(scale(map, side) * map.width()));
  }

  private static int drawnHeight(NamedMap map, int side) {
    return Math.max(1, (int) Math.round(scale(map, side) * map.height()));
  }

  /** As much of a title as a map is wide. */
  private static String fitted(String title, int width) {
    String fitted = title.strip();
    while (fitted.length() > 1 && Letters.width(Letters.TEXT, fitted) > width) {
      fitted = fitted.substring(0, fitted.length() - 2).strip() + "\u2026";
    }
    return fitted;
  }
}
