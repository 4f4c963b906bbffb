package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.CocoCategory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/** The classes of published data sets, in the order in which networks know them. */
public final class ClassNames {
  private ClassNames() {}

  /**
   * The 80 classes of things in COCO's {@code instances_*2017.json}.
   *
   * @return the names by label, person first
   */
  public static List<String> coco() {
    return dev.visionmamba.zoo.catalogue.ClassNames.coco();
  }

  /**
   * COCO's 80 classes with their numbers in its files, 1 to 90 with gaps.
   *
   * @return by label
   */
  public static List<CocoCategory> cocoCategories() {
    return lines("coco.txt").stream()
        .map(line -> new CocoCategory(Long.parseLong(first(line)), rest(line)))
        .toList();
  }

  /**
   * The numbers of classes in COCO's files.
   *
   * @param classNames the classes' names by label
   * @return the published numbers for COCO's own 80 classes; for others, the label + 1
   */
  public static List<CocoCategory> categories(List<String> classNames) {
    if (classNames.equals(coco())) {
      return cocoCategories();
    }
    return IntStream.range(0, classNames.size())
        .mapToObj(label -> new CocoCategory(label + 1L, classNames.get(label)))
        .toList();
  }

  /**
   * The 150 classes of ADE20K's scene parsing challenge; its masks count them from 1.
   *
   * @return the names by label, wall first
   */
  public static List<String> ade20k() {
    return dev.visionmamba.zoo.catalogue.ClassNames.ade20k();
  }

  /** The colours that those classes are usually drawn in, 0xRRGGBB; two of them are the same. */
  static List<Integer> ade20kColours() {
    return lines("ade20k.txt").stream()
        .map(line -> Integer.parseInt(first(line).substring(1), 16))
        .toList();
  }

  private static String first(String line) {
    return line.substring(0, line.indexOf(' '));
  }

  private static String rest(String line) {
    return line.substring(line.indexOf(' ') + 1);
  }

  private static List<String> lines(String resource) {
    try (InputStream in =
            dev.visionmamba.zoo.catalogue.ClassNames.class.getResourceAsStream(resource);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return lines.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the list of classes " + resource + " cannot be read", e);
    }
  }
}
