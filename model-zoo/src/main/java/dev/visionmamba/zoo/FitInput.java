package dev.visionmamba.zoo;

import java.util.List;

/**
 * How a picture becomes the input of a network that answers for every pixel: it is resized as a
 * whole, its sides in proportion, to fit two lengths, normalised as (value - mean) / std with
 * values in 0..1, and filled up with zeros on the right and below; or stretched a little instead of
 * being filled up.
 *
 * @param shorterSide what the shorter side becomes, in pixels, unless the longer would be too long
 * @param longerSide the most that the longer side becomes, in pixels
 * @param multiple both sides become a multiple of so many pixels, or the next above
 * @param stretched whether the picture is resized to that multiple, not filled up
 * @param mean a channel; three for RGB
 * @param std a channel
 */
public record FitInput(
    int shorterSide,
    int longerSide,
    int multiple,
    boolean stretched,
    List<Float> mean,
    List<Float> std) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is missing or out of range
   */
  public FitInput {
    if (shorterSide < 1 || longerSide < shorterSide || multiple < 1) {
      throw new IllegalArgumentException(
          "the sides must be at least 1, the longer not below the shorter, and the multiple at"
              + " least 1, got "
              + shorterSide
              + ", "
              + longerSide
              + " and "
              + multiple);
    }
    if (mean == null || std == null || mean.size() != 3 || std.size() != 3) {
      throw new IllegalArgumentException("mean and std must have three channels");
    }
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (std.stream().anyMatch(value -> !(value > 0))) {
      throw new IllegalArgumentException("std must be above 0, got " + std);
    }
  }

  /**
   * The same for a picture that is filled up.
   *
   * @param shorterSide what the shorter side becomes, in pixels, unless the longer would be too
   *     long
   * @param longerSide the most that the longer side becomes, in pixels
   * @param multiple both sides are filled up to a multiple of so many pixels
   * @param mean a channel; three for RGB
   * @param std a channel
   * @throws IllegalArgumentException if a value is missing or out of range
   */
  public FitInput(
      int shorterSide, int longerSide, int multiple, List<Float> mean, List<Float> std) {
    this(shorterSide, longerSide, multiple, false, mean, std);
  }
}
