package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.LabelMap;
import java.util.List;

/**
 * How the masks of a folder tell classes.
 *
 * @param classNames the classes' names by label, 1 to 255 of them
 * @param reduceZeroLabel whether classes are counted from 1 in the masks and 0 is no class, as in
 *     ADE20K; then every label is one less than in the mask
 * @param colours if the masks are coloured, the colour of each number that they tell, 0xRRGGBB,
 *     from number 0; empty if they hold the numbers as grey levels or in a palette
 */
public record MaskCoding(List<String> classNames, boolean reduceZeroLabel, List<Integer> colours) {

  /**
   * Checks the counts.
   *
   * @throws IllegalArgumentException if there are no classes or too many, or other colours than one
   *     for each class (and for 0 where that is reduced)
   */
  public MaskCoding {
    classNames = List.copyOf(classNames);
    colours = List.copyOf(colours);
    if (classNames.isEmpty() || classNames.size() > LabelMap.MOST_CLASSES) {
      throw new IllegalArgumentException(
          "1 to " + LabelMap.MOST_CLASSES + " classes can be told apart, got " + classNames.size());
    }
    int numbers = classNames.size() + (reduceZeroLabel ? 1 : 0);
    if (!colours.isEmpty() && colours.size() != numbers) {
      throw new IllegalArgumentException(
          "the masks tell " + numbers + " numbers, but there are " + colours.size() + " colours");
    }
  }

  /**
   * Masks that hold the labels as they are; 255 is no class.
   *
   * @param classNames the classes' names by label
   * @return the coding
   */
  public static MaskCoding labels(List<String> classNames) {
    return new MaskCoding(classNames, false, List.of());
  }

  /**
   * Masks that count classes from 1, as ADE20K's; 0 and 255 are no class.
   *
   * @param classNames the classes' names by label, from 0
   * @return the coding
   */
  public static MaskCoding withoutZero(List<String> classNames) {
    return new MaskCoding(classNames, true, List.of());
  }
}
