package dev.visionmamba.tasks.image;

import java.util.random.RandomGenerator;

/**
 * Which part of a picture training sees: a box of random area and shape, as torchvision's {@code
 * RandomResizedCrop} draws it (Szegedy et al. 2015, arXiv:1409.4842, section 6).
 *
 * @param smallestScale the smallest share of the picture's area, above 0, at most the largest
 * @param largestScale the largest share, at most 1
 * @param smallestRatio the smallest ratio of width to height, above 0
 * @param largestRatio the largest ratio of width to height, at least the smallest
 */
public record RandomResizedCrop(
    double smallestScale, double largestScale, double smallestRatio, double largestRatio) {

  /** How many boxes are tried before the middle of the picture is taken. */
  private static final int ATTEMPTS = 10;

  /**
   * A part of a picture.
   *
   * @param left the first column
   * @param top the first row
   * @param width columns
   * @param height rows
   */
  public record Box(int left, int top, int width, int height) {}

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is empty or out of range
   */
  public RandomResizedCrop {
    if (!(smallestScale > 0 && smallestScale <= largestScale && largestScale <= 1)) {
      throw new IllegalArgumentException(
          "crops must have a share above 0 and up to 1 of the picture, got "
              + smallestScale
              + " to "
              + largestScale);
    }
    if (!(smallestRatio > 0 && smallestRatio <= largestRatio && Double.isFinite(largestRatio))) {
      throw new IllegalArgumentException(
          "ratios must be above 0, got " + smallestRatio + " to " + largestRatio);
    }
  }

  /**
   * torchvision's ratios, 3:4 to 4:3, with the whole picture as the largest crop.
   *
   * @param smallestScale the smallest share of the area; 0.08 is torchvision's
   * @return the crop
   * @throws IllegalArgumentException if the share is not above 0 and up to 1
   */
  public static RandomResizedCrop of(double smallestScale) {
    return new RandomResizedCrop(smallestScale, 1, 3.0 / 4, 4.0 / 3);
  }

  /**
   * Draws a box.
   *
   * @param width columns of the picture, at least 1
   * @param height rows of the picture, at least 1
   * @param random where the box comes from; doubles alone are drawn
   * @return a box inside the picture
   */
  public Box box(int width, int height, RandomGenerator random) {
    double area = (double) width * height;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double target = area * between(smallestScale, largestScale, random);
      double ratio = Math.exp(between(Math.log(smallestRatio), Math.log(largestRatio), random));
      // Python rounds halves to the even neighbour, as rint does.
      int boxWidth = (int) Math.rint(Math.sqrt(target * ratio));
      int boxHeight = (int) Math.rint(Math.sqrt(target / ratio));
      if (boxWidth > 0 && boxWidth <= width && boxHeight > 0 && boxHeight <= height) {
        int top = (int) (random.nextDouble() * (height - boxHeight + 1));
        int left = (int) (random.nextDouble() * (width - boxWidth + 1));
        return new Box(left, top, boxWidth, boxHeight);
      }
    }
    return middle(width, height);
  }

  private static double between(double low, double high, RandomGenerator random) {
    return low + (high - low) * random.nextDouble();
  }

  /** As much of the middle as the ratios allow. */
  private Box middle(int width, int height) {
    double ratio = (double) width / height;
    int boxWidth = width;
    int boxHeight = height;
    if (ratio < smallestRatio) {
      boxHeight = Math.max(1, (int) Math.rint(width / smallestRatio));
    } else if (ratio > largestRatio) {
      boxWidth = Math.max(1, (int) Math.rint(height * largestRatio));
    }
    return new Box((width - boxWidth) / 2, (height - boxHeight) / 2, boxWidth, boxHeight);
  }
}
