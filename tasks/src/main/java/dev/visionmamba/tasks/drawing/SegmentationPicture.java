package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.image.PixelImage;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Draws the classes of a picture's pixels over it, in their colours, with a legend below: the
 * classes that are there and the share of the picture that each has, the largest first. Pixels
 * without a class stay as they are. Letters grow with the picture.
 */
public final class SegmentationPicture {
  /** How much of the picture is covered if nothing else is told. */
  public static final double OPACITY = 0.6;

  private SegmentationPicture() {}

  /**
   * Draws labels over a picture.
   *
   * @param picture the picture, not changed
   * @param labels the class of each of its pixels
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @param opacity how much of the picture is covered, 0 to 1
   * @return a picture of at least the same width, with the legend below
   * @throws IllegalArgumentException if the sizes differ, a label has no name, or the opacity is
   *     out of range
   */
  public static BufferedImage draw(
      PixelImage picture,
      LabelMap labels,
      List<String> classNames,
      Palette palette,
      double opacity) {
    check(picture, labels, classNames, opacity);
    BufferedImage overlay = picture.toBufferedImage();
    MaskPainter painter = new MaskPainter(overlay);
    for (int i = 0; i < labels.labels().length; i++) {
      int label = labels.labels()[i] & 0xff;
      if (label != LabelMap.IGNORED) {
        painter.blend(i, palette.colour(label), opacity);
      }
    }
    return ClassLegend.below(overlay, entries(labels, classNames, palette));
  }

  /**
   * Draws labels over a picture that may be too small to be seen well: one whose longer side is
   * under {@value Magnifier#LEGIBLE} pixels is first enlarged by a whole number.
   *
   * @param picture the picture, not changed
   * @param labels the class of each of its pixels
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @return a larger picture, with the legend below
   * @throws IllegalArgumentException as {@link #draw} does
   */
  public static BufferedImage drawEnlarged(
      PixelImage picture, LabelMap labels, List<String> classNames, Palette palette) {
    check(picture, labels, classNames, OPACITY);
    Magnifier magnifier = Magnifier.of(picture);
    return draw(magnifier.picture(picture), magnifier.labels(labels), classNames, palette, OPACITY);
  }

  /**
   * Draws labels over a picture, {@linkplain #drawEnlarged enlarged}, and writes a PNG, whole or
   * not at all.
   *
   * @param picture the picture
   * @param labels the class of each of its pixels
   * @param classNames the classes' names by label
   * @param palette the classes' colours
   * @param file where; its folder must exist
   * @throws IllegalArgumentException as {@link #draw} does
   * @throws IOException if it cannot be written
   */
  public static void write(
      PixelImage picture, LabelMap labels, List<String> classNames, Palette palette, Path file)
      throws IOException {
    PngWriter.write(drawEnlarged(picture, labels, classNames, palette), file);
  }

  /**
   * Draws labels alone.
   *
   * @param labels the class of each pixel
   * @param palette the classes' colours; pixels that are {@linkplain LabelMap#IGNORED ignored} are
   *     white
   * @return one pixel for each label
   */
  public static BufferedImage drawLabels(LabelMap labels, Palette palette) {
    BufferedImage image =
        new BufferedImage(labels.width(), labels.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < labels.labels().length; i++) {
      int label = labels.labels()[i] & 0xff;
      Color colour = label == LabelMap.IGNORED ? Color.WHITE : palette.colour(label);
      image.setRGB(i % labels.width(), i / labels.width(), colour.getRGB());
    }
    return image;
  }

  private static void check(
      PixelImage picture, LabelMap labels, List<String> classNames, double opacity) {
    Objects.requireNonNull(picture, "picture");
    if (picture.width() != labels.width() || picture.height() != labels.height()) {
      throw new IllegalArgumentException(
          "the picture has %dx%d pixels, but its labels %dx%d"
              .formatted(picture.width(), picture.height(), labels.width(), labels.height()));
    }
    if (!(opacity >= 0 && opacity <= 1)) {
      throw new IllegalArgumentException("opacity must be 0 to 1, got " + opacity);
    }
    int[] counts = labels.counts();
    for (int label = classNames.size(); label < LabelMap.IGNORED; label++) {
      if (counts[label] > 0) {
        throw new IllegalArgumentException(
            "pixels have the label %d, but there are %d names".formatted(label, classNames.size()));
      }
    }
  }

  private static List<ClassLegend.Entry> entries(
      LabelMap labels, List<String> classNames, Palette palette) {
    int[] counts = labels.counts();
    List<Integer> present = new ArrayList<>();
    for (int label = 0; label < Math.min(classNames.size(), LabelMap.IGNORED); label++) {
      if (counts[label] > 0) {
        present.add(label);
      }
    }
    present.sort(Comparator.comparing(label -> -counts[label]));
    return present.stream()
        .map(
            label ->
                new ClassLegend.Entry(
                    palette.colour(label),
                    String.format(
                        Locale.ROOT,
                        "%s %.0f%%",
                        classNames.get(label),
                        100.0 * counts[label] / labels.labels().length)))
        .toList();
  }
}
