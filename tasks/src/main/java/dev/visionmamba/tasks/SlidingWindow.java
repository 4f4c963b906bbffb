package dev.visionmamba.tasks;

import dev.visionmamba.heads.segmentation.SegmentationInference;

/**
 * A square window that slides over a picture; where windows overlap, their scores are averaged. The
 * last window of a row or column is moved back to end with the picture. A picture that is not
 * larger than the window in either direction is seen as a whole.
 *
 * @param size the window's side, in pixels of what it slides over
 * @param stride pixels from one window to the next, 1 to size
 * @param fitted whether it slides over the network's input, the picture as it is resized for the
 *     network, as published; if not, over the picture's own pixels, so that details of a large
 *     picture are not lost
 */
public record SlidingWindow(int size, int stride, boolean fitted) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is below 1, or the stride above the size, so that
   *     pixels would be left out
   */
  public SlidingWindow {
    if (stride < 1 || stride > size) {
      throw new IllegalArgumentException(
          "a window's stride must be 1 to its size, %d, got %d".formatted(size, stride));
    }
  }

  /**
   * A window over the picture's own pixels, with steps of two thirds of its size, as published with
   * Vim (512 and 341).
   *
   * @param size the window's side in pixels
   * @return the window
   * @throws IllegalArgumentException if the size is below 1
   */
  public static SlidingWindow over(int size) {
    return new SlidingWindow(size, Math.max(1, 2 * size / 3), false);
  }

  SegmentationInference inference() {
    return SegmentationInference.slide(size, size, stride, stride);
  }
}
