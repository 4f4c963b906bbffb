package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Interpolation;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/**
 * Shows what a restoration did: pictures side by side under their names, or one picture that is
 * before to the left of a line and after to the right of it.
 *
 * <p>Pictures are brought to the size of the largest by a bicubic kernel, as one sees a picture of
 * low resolution; those over {@link #LONGEST_SIDE} are reduced to it. Where the largest is under
 * {@link #SHORTEST_SIDE}, its pixels and all others' are drawn as squares of 2x2, 3x3 and so on.
 * What is transparent shows a chequered ground.
 */
public final class ComparisonPicture {
  /** The most pixels of a drawn picture's longer side. */
  public static final int LONGEST_SIDE = 1024;

  /** A picture whose longer side is under this is magnified. */
  public static final int SHORTEST_SIDE = 240;

  /** The most pictures side by side. */
  public static final int MOST = 8;

  private static final int MARGIN = 24;
  private static final int GAP = 14;
  private static final int CHECK = 8;
  private static final Color LIGHT = new Color(0xffffff);
  private static final Color DARK = new Color(0xdadde3);
  private static final Color EDGE = new Color(0xc3c8d2);
  private static final Color TAG = new Color(0x1b, 0x22, 0x33, 0xcc);

  private ComparisonPicture() {}

  /**
   * A picture and what it is called.
   *
   * @param name a few words, not blank; cut off with dots where they are wider than the picture
   * @param image the picture
   */
  public record Named(String name, DeepImage image) {

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is blank
     */
    public Named {
      if (name.isBlank()) {
        throw new IllegalArgumentException("name must not be blank: it stands above the picture");
      }
    }
  }

  /**
   * Draws pictures side by side, the names above them.
   *
   * @param pictures 1 to {@link #MOST}, of the same sides' ratio
   * @return a drawing on white
   * @throws IllegalArgumentException if there are none or too many, or their sides' ratios differ
   *     by more than a pixel of the smaller
   */
  public static BufferedImage sideBySide(List<Named> pictures) {
    if (pictures.isEmpty() || pictures.size() > MOST) {
      throw new IllegalArgumentException(
          "pictures must be 1 to " + MOST + ", got " + pictures.size());
    }
    List<BufferedImage> drawn = sameSize(pictures);
    int width = drawn.get(0).getWidth();
    int height = drawn.get(0).getHeight();
    int column = Math.max(width, SHORTEST_SIDE / 2);
    int top = MARGIN + Letters.line(Letters.TITLE) + 4;
    BufferedImage image =
        blank(2 * MARGIN + drawn.size() * column + (drawn.size() - 1) * GAP, top + height + MARGIN);
    Graphics2D g = image.createGraphics();
    Letters.smooth(g);
    for (int i = 0; i < drawn.size(); i++) {
      int left = MARGIN + i * (column + GAP);
      g.setFont(Letters.TITLE);
      g.setColor(Letters.INK);
      String name = fitted(pictures.get(i).name(), column);
      g.drawString(name, left, MARGIN + Letters.TITLE.getSize());
      place(g, drawn.get(i), left, top);
    }
    g.dispose();
    return image;
  }

  /**
   * Draws one picture over the other, parted by an upright line.
   *
   * @param before what is to the left of the line
   * @param after what is to the right of it
   * @param share how much of the width is before's, 0 to 1
   * @return a drawing on white
   * @throws IllegalArgumentException if the share is out of its range or the sides' ratios differ
   *     by more than a pixel of the smaller
   */
  public static BufferedImage split(Named before, Named after, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share must be 0 to 1, got " + share);
    }
    List<BufferedImage> drawn = sameSize(List.of(before, after));
    int width = drawn.get(0).getWidth();
    int height = drawn.get(0).getHeight();
    int line = (int) Math.round(share * width);
    int column = Math.max(width, SHORTEST_SIDE);
    int top = MARGIN + Letters.line(Letters.TITLE) + 4;
    BufferedImage image = blank(2 * MARGIN + column, top + height + MARGIN);
    Graphics2D g = image.createGraphics();
    Letters.smooth(g);
    g.setFont(Letters.TITLE);
    g.setColor(Letters.INK);
    int room = (column - GAP) / 2;
    g.drawString(fitted(before.name(), room), MARGIN, MARGIN + Letters.TITLE.getSize());
    String right = fitted(after.name(), room);
    int rightAt = MARGIN + column - Letters.width(Letters.TITLE, right);
    g.drawString(right, rightAt, MARGIN + Letters.TITLE.getSize());
    int left = MARGIN + (column - width) / 2;
    g.setClip(new Rectangle(left, top, line, height));
    place(g, drawn.get(0), left, top);
    g.setClip(new Rectangle(left + line, top, width - line, height));
    place(g, drawn.get(1), left, top);
    g.setClip(null);
    handle(g, left + line, top, height);
    g.dispose();
    return image;
  }

  /** The line and, where there is room, a knob with two arrow heads on it. */
  private static void handle(Graphics2D g, int x, int top, int height) {
    g.setColor(TAG);
    g.fill(new Rectangle(x - 2, top, 4, height));
    g.setColor(LIGHT);
    g.fill(new Rectangle(x - 1, top, 2, height));
    double radius = Math.min(13, height / 8.0);
    double y = top + height / 2.0;
    g.setColor(TAG);
    g.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
    g.setColor(LIGHT);
    for (int side = -1; side <= 1; side += 2) {
      Path2D arrow = new Path2D.Double();
      arrow.moveTo(x + side * 0.7 * radius, y);
      arrow.lineTo(x + side * 0.25 * radius, y - 0.4 * radius);
      arrow.lineTo(x + side * 0.25 * radius, y + 0.4 * radius);
      arrow.closePath();
      g.fill(arrow);
    }
  }

  /** A picture on its chequered ground, within a fine edge. */
  private static void place(Graphics2D g, BufferedImage picture, int left, int top) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    g.setColor(EDGE);
    g.fillRect(left - 1, top - 1, width + 2, height + 2);
    if (picture.getColorModel().hasAlpha()) {
      for (int y = 0; y < height; y += CHECK) {
        for (int x = 0; x < width; x += CHECK) {
          g.setColor((x + y) / CHECK % 2 == 0 ? LIGHT : DARK);
          g.fillRect(left + x, top + y, Math.min(CHECK, width - x), Math.min(CHECK, height - y));
        }
      }
    }
    g.drawImage(picture, left, top, null);
  }

  private static List<BufferedImage> sameSize(List<Named> pictures) {
    DeepImage largest = pictures.get(0).image();
    for (Named picture : pictures) {
      if (picture.image().width() > largest.width()) {
        largest = picture.image();
      }
    }
    for (Named picture : pictures) {
      requireSameRatio(picture, largest);
    }
    int longer = Math.max(largest.width(), largest.height());
    double reduced = Math.min(1, (double) LONGEST_SIDE / longer);
    int width = (int) Math.max(1, Math.round(largest.width() * reduced));
    int height = (int) Math.max(1, Math.round(largest.height() * reduced));
    int zoom = Math.max(1, (SHORTEST_SIDE + longer - 1) / longer);
    List<BufferedImage> drawn = new ArrayList<>();
    for (Named picture : pictures) {
      DeepImage image = picture.image().resize(width, height, Interpolation.BICUBIC);
      drawn.add(magnified(image, zoom));
    }
    return drawn;
  }

  private static void requireSameRatio(Named picture, DeepImage largest) {
    DeepImage image = picture.image();
    double difference =
        (double) largest.height() * image.width() / largest.width() - image.height();
    if (Math.abs(difference) > 1) {
      throw new IllegalArgumentException(
          "%s is %dx%d, which is not the ratio of %dx%d: the pictures do not cover each other"
              .formatted(
                  picture.name(),
                  image.width(),
                  image.height(),
                  largest.width(),
                  largest.height()));
    }
  }

  /** Each pixel as a square, levels as they are: AWT would bend grey ones by a gamma curve. */
  private static BufferedImage magnified(DeepImage image, int zoom) {
    DeepImage rgb = image.toRgb();
    int type = image.alpha() ? BufferedImage.TYPE_INT_ARGB : BufferedImage.TYPE_INT_RGB;
    BufferedImage drawn = new BufferedImage(zoom * image.width(), zoom * image.height(), type);
    int shift = image.levels().bits() - 8;
    for (int y = 0; y < drawn.getHeight(); y++) {
      for (int x = 0; x < drawn.getWidth(); x++) {
        int colour = image.alpha() ? rgb.level(x / zoom, y / zoom, 3) >> shift : 0xff;
        for (int c = 0; c < 3; c++) {
          colour = colour << 8 | rgb.level(x / zoom, y / zoom, c) >> shift;
        }
        drawn.setRGB(x, y, colour);
      }
    }
    return drawn;
  }

  private static String fitted(String name, int width) {
    String fitted = name.strip();
    int length = fitted.length();
    while (length > 1 && Letters.width(Letters.TITLE, fitted) > width) {
      length--;
      fitted = name.strip().substring(0, length).strip() + "\u2026";
    }
    return fitted;
  }

  private static BufferedImage blank(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    g.dispose();
    return image;
  }
}
