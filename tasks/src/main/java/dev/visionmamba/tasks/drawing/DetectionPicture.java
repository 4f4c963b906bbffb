package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Draws what was found in a picture: boxes in the colours of their classes, the class's name and
 * the score at each, masks half-transparent. The surest is drawn last and has the first choice of a
 * place for its label; a label that would cover others, or a third of the picture together with
 * them, is left out. Lines and letters grow with the picture; labels stay inside it and are cut off
 * where it is narrow.
 */
public final class DetectionPicture {
  private DetectionPicture() {}

  /**
   * What stands at a box.
   *
   * @param text the whole label
   * @param brief what is left where that is too wide
   */
  private record Label(String text, String brief) {}

  /** A box to be drawn, with its label. */
  private record Item(int label, Box box, Label name) {}

  /**
   * Draws detections.
   *
   * @param picture the picture, not changed
   * @param detections what was found; boxes may reach out of it
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @return a copy with the detections on it
   * @throws IllegalArgumentException if a label has no name, or a mask has another size than the
   *     picture
   */
  public static BufferedImage draw(
      PixelImage picture, List<Detection> detections, List<String> classNames, Palette palette) {
    return drawn(picture, detections, classNames, palette).image();
  }

  /**
   * A drawing.
   *
   * @param image the picture with boxes, masks and labels
   * @param complete whether every box has its label
   */
  private record Drawing(BufferedImage image, boolean complete) {}

  private static Drawing drawn(
      PixelImage picture, List<Detection> detections, List<String> classNames, Palette palette) {
    List<Detection> surestFirst = new ArrayList<>(detections);
    surestFirst.sort(Comparator.comparingDouble(detection -> -detection.score()));
    BufferedImage image = Objects.requireNonNull(picture, "picture").toBufferedImage();
    PictureScale scale = PictureScale.of(picture.width(), picture.height());
    MaskPainter masks = new MaskPainter(image);
    List<Item> items = new ArrayList<>();
    for (Detection detection : surestFirst) {
      String name = name(detection.label(), classNames);
      requireSize(picture, detection.mask());
      String score = String.format(Locale.ROOT, "%.2f", detection.score());
      items.add(new Item(detection.label(), detection.box(), new Label(name + " " + score, name)));
    }
    for (int i = surestFirst.size() - 1; i >= 0; i--) {
      Detection detection = surestFirst.get(i);
      if (detection.mask() != null) {
        masks.paint(detection.mask(), palette.colour(detection.label()), scale.line());
      }
    }
    return new Drawing(image, draw(image, items, palette, scale));
  }

  /**
   * Draws what is known to be in a picture, in the same manner; crowds are called so.
   *
   * @param picture the picture, not changed
   * @param instances what is in it
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @return a copy with the things on it
   * @throws IllegalArgumentException if a label has no name, or a mask has another size than the
   *     picture
   */
  public static BufferedImage drawTruth(
      PixelImage picture, List<Instance> instances, List<String> classNames, Palette palette) {
    BufferedImage image = Objects.requireNonNull(picture, "picture").toBufferedImage();
    PictureScale scale = PictureScale.of(picture.width(), picture.height());
    MaskPainter masks = new MaskPainter(image);
    List<Item> items = new ArrayList<>();
    for (Instance instance : instances) {
      String name = name(instance.label(), classNames);
      requireSize(picture, instance.mask());
      String text = instance.crowd() ? name + ", crowd" : name;
      items.add(new Item(instance.label(), instance.box(), new Label(text, name)));
    }
    for (Instance instance : instances) {
      if (instance.mask() != null) {
        masks.paint(instance.mask(), palette.colour(instance.label()), scale.line());
      }
    }
    draw(image, items, palette, scale);
    return image;
  }

  /**
   * Draws detections on a picture that may be too small to be written on: one whose longer side is
   * under {@value Magnifier#LEGIBLE} pixels is first enlarged by a whole number, so that labels
   * find room. Where they do not all the same, a legend below the picture says which colour is
   * which class, and how many objects are of it.
   *
   * @param picture the picture, not changed
   * @param detections what was found in it
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @return a larger copy with the detections on it
   * @throws IllegalArgumentException as {@link #draw} does
   */
  public static BufferedImage drawEnlarged(
      PixelImage picture, List<Detection> detections, List<String> classNames, Palette palette) {
    Magnifier magnifier = Magnifier.of(picture);
    List<Detection> large = new ArrayList<>();
    for (Detection detection : detections) {
      requireSize(picture, detection.mask());
      large.add(
          new Detection(
              detection.label(),
              detection.score(),
              magnifier.box(detection.box()),
              magnifier.mask(detection.mask())));
    }
    Drawing drawing = drawn(magnifier.picture(picture), large, classNames, palette);
    return drawing.complete()
        ? drawing.image()
        : ClassLegend.below(drawing.image(), entries(detections, classNames, palette));
  }

  /**
   * Draws detections {@linkplain #drawEnlarged enlarged} and writes a PNG, whole or not at all.
   *
   * @param picture the picture
   * @param detections what was found in it
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @param file where; its folder must exist
   * @throws IllegalArgumentException as {@link #draw} does
   * @throws IOException if it cannot be written
   */
  public static void write(
      PixelImage picture,
      List<Detection> detections,
      List<String> classNames,
      Palette palette,
      Path file)
      throws IOException {
    PngWriter.write(drawEnlarged(picture, detections, classNames, palette), file);
  }

  /** The classes that were found and how often, the most frequent first. */
  private static List<ClassLegend.Entry> entries(
      List<Detection> detections, List<String> classNames, Palette palette) {
    Map<Integer, Integer> counts = new TreeMap<>();
    detections.forEach(detection -> counts.merge(detection.label(), 1, Integer::sum));
    return counts.entrySet().stream()
        .sorted(Comparator.comparing(count -> -count.getValue()))
        .map(
            count ->
                new ClassLegend.Entry(
                    palette.colour(count.getKey()),
                    classNames.get(count.getKey()) + " \u00d7 " + count.getValue()))
        .toList();
  }

  private static String name(int label, List<String> classNames) {
    if (label >= classNames.size()) {
      throw new IllegalArgumentException(
          "a detection has the label %d, but there are %d names"
              .formatted(label, classNames.size()));
    }
    return classNames.get(label);
  }

  private static void requireSize(PixelImage picture, RunLengthMask mask) {
    if (mask != null && (mask.width() != picture.width() || mask.height() != picture.height())) {
      throw new IllegalArgumentException(
          "the picture has %dx%d pixels, but a mask %dx%d"
              .formatted(picture.width(), picture.height(), mask.width(), mask.height()));
    }
  }

  /** Draws boxes, the first in front; says whether each has its label. */
  private static boolean draw(
      BufferedImage image, List<Item> items, Palette palette, PictureScale scale) {
    Graphics2D g = image.createGraphics();
    Letters.smooth(g);
    g.setFont(scale.font());
    for (int i = items.size() - 1; i >= 0; i--) {
      frame(g, image, items.get(i).box(), palette.colour(items.get(i).label()), scale.line());
    }
    LabelPlaces places = new LabelPlaces(image.getWidth(), image.getHeight(), scale);
    List<Rectangle> grounds = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Item item : items) {
      Label name = item.name();
      int room = image.getWidth() - 2 * scale.padding();
      boolean whole = Letters.width(scale.font(), name.text()) <= room;
      String text = whole ? name.text() : scale.fit(name.brief(), room);
      grounds.add(places.place(item.box(), text));
      texts.add(text);
    }
    for (int i = items.size() - 1; i >= 0; i--) {
      Rectangle ground = grounds.get(i);
      if (ground != null) {
        Color colour = palette.colour(items.get(i).label());
        g.setColor(colour);
        g.fill(ground);
        g.setColor(Palette.inkOn(colour));
        double baseline = ground.getCenterY() + Letters.capital(scale.font()) / 2;
        g.drawString(texts.get(i), ground.x + scale.padding(), (float) baseline);
      }
    }
    g.dispose();
    return !grounds.contains(null);
  }

  /** The edges of a box as far as they are in the picture, each as wide as a line. */
  private static void frame(Graphics2D g, BufferedImage image, Box box, Color colour, int line) {
    Box seen = box.clipped(image.getWidth(), image.getHeight());
    int left = (int) Math.floor(seen.left());
    int top = (int) Math.floor(seen.top());
    int right = (int) Math.ceil(seen.right());
    int bottom = (int) Math.ceil(seen.bottom());
    g.setColor(colour);
    int across = Math.min(line, right - left);
    int down = Math.min(line, bottom - top);
    g.fillRect(left, top, right - left, down);
    g.fillRect(left, bottom - down, right - left, down);
    g.fillRect(left, top, across, bottom - top);
    g.fillRect(right - across, top, across, bottom - top);
  }
}
