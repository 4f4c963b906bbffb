package dev.visionmamba.tasks;

/**
 * How pictures are segmented.
 *
 * @param window the window that slides over a picture; null for the model's own way
 * @param batchSize how many pictures of one input size are computed at once, at least 1
 */
public record SegmenterOptions(SlidingWindow window, int batchSize) {
  /** The model's own way, four pictures at once. */
  public static final SegmenterOptions DEFAULT = new SegmenterOptions(null, 4);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the batch size is below 1
   */
  public SegmenterOptions {
    if (batchSize < 1) {
      throw new IllegalArgumentException("the batch size must be at least 1, got " + batchSize);
    }
  }

  /**
   * The same with another window.
   *
   * @param newWindow the window; null for the model's own way
   * @return the options
   */
  public SegmenterOptions withWindow(SlidingWindow newWindow) {
    return new SegmenterOptions(newWindow, batchSize);
  }

  /**
   * The same with another batch size.
   *
   * @param newBatchSize how many pictures at once, at least 1
   * @return the options
   * @throws IllegalArgumentException if it is below 1
   */
  public SegmenterOptions withBatchSize(int newBatchSize) {
    return new SegmenterOptions(window, newBatchSize);
  }
}
