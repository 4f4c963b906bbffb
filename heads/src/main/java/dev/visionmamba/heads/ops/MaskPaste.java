package dev.visionmamba.heads.ops;

import java.util.Arrays;

/**
 * Puts a mask that was predicted on a small square into the image, as mmdetection and detectron2
 * do: bilinear between the mask's pixel centres, zero around the mask. In float32.
 */
public final class MaskPaste {
  private MaskPaste() {}

  /** For each pixel of an axis the two places of the mask that it lies between, and how far. */
  private record Axis(int from, int to, int[] low, float[] lowWeight, float[] highWeight) {

    /**
     * Pixels of an axis.
     *
     * @param start where the box starts, in pixels
     * @param end where it ends
     * @param side of the mask
     * @param length of the image's axis
     */
    static Axis of(float start, float end, int side, int length) {
      int first = (int) Math.min(Math.max(Math.floor(start) - 1, 0), length);
      int last = Math.max(first, (int) Math.min(length, Math.ceil(end) + 1));
      if (!(end > start)) {
        last = first; // an empty box covers nothing
      }
      int[] low = new int[last - first];
      float[] lowWeight = new float[low.length];
      float[] highWeight = new float[low.length];
      for (int p = first; p < last; p++) {
        float g = (p + 0.5f - start) / (end - start) * 2 - 1;
        float at = ((g + 1) * side - 1) / 2;
        // Far outside, both neighbours are missing; the limits keep the numbers whole.
        float limited = Math.min(Math.max(at, -2f), side + 1f);
        int below = (int) Math.floor(limited);
        float part = limited - below;
        low[p - first] = below;
        lowWeight[p - first] = 1 - part;
        highWeight[p - first] = part;
      }
      return new Axis(first, last, low, lowWeight, highWeight);
    }
  }

  /** What is done with a pixel's value. */
  private interface Pixel {
    void set(int index, float value);
  }

  /**
   * A mask's values in the image.
   *
   * @param mask side x side values, row by row
   * @param side of the mask, at least 1
   * @param box where it belongs in the image: four finite coordinates in pixels
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return height x width values; 0 beyond one pixel around the box, and everywhere for an empty
   *     box
   * @throws IllegalArgumentException if the mask is no square of that side, or the box no box
   */
  public static float[] values(float[] mask, int side, float[] box, int height, int width) {
    float[] values = new float[Math.multiplyExact(height, width)];
    paste(mask, side, box, height, width, (index, value) -> values[index] = value);
    return values;
  }

  /**
   * The pixels of the image that a mask covers.
   *
   * @param mask side x side values, row by row
   * @param side of the mask, at least 1
   * @param box where it belongs in the image: four finite coordinates in pixels
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @param threshold the least value that counts as covered; 0.5 as published
   * @return height x width, true where covered
   * @throws IllegalArgumentException if the mask is no square of that side, or the box no box
   */
  public static boolean[] covered(
      float[] mask, int side, float[] box, int height, int width, float threshold) {
    boolean[] covered = new boolean[Math.multiplyExact(height, width)];
    if (threshold <= 0) {
      Arrays.fill(covered, true); // 0 counts, and so does all around the mask
    }
    paste(mask, side, box, height, width, (index, value) -> covered[index] = value >= threshold);
    return covered;
  }

  private static void paste(
      float[] mask, int side, float[] box, int height, int width, Pixel pixel) {
    if (side < 1 || mask.length != (long) side * side) {
      throw new IllegalArgumentException(
          "a mask of side " + side + " has as many values squared, but there are " + mask.length);
    }
    if (box.length != Boxes.COORDINATES) {
      throw new IllegalArgumentException("a box is four floats, but there are " + box.length);
    }
    Boxes.requireFinite(box, "a mask's box");
    Axis x = Axis.of(box[0], box[2], side, width);
    Axis y = Axis.of(box[1], box[3], side, height);
    for (int row = y.from; row < y.to; row++) {
      int top = y.low[row - y.from];
      float topWeight = y.lowWeight[row - y.from];
      float bottomWeight = y.highWeight[row - y.from];
      for (int column = x.from; column < x.to; column++) {
        int left = x.low[column - x.from];
        float leftWeight = x.lowWeight[column - x.from];
        float rightWeight = x.highWeight[column - x.from];
        pixel.set(
            row * width + column,
            at(mask, side, top, left) * topWeight * leftWeight
                + at(mask, side, top, left + 1) * topWeight * rightWeight
                + at(mask, side, top + 1, left) * bottomWeight * leftWeight
                + at(mask, side, top + 1, left + 1) * bottomWeight * rightWeight);
      }
    }
  }

  private static float at(float[] mask, int side, int row, int column) {
    return row < 0 || row >= side || column < 0 || column >= side ? 0f : mask[row * side + column];
  }
}
