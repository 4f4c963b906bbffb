package dev.visionmamba.tasks;

import dev.visionmamba.heads.ops.MulticlassNms;

/**
 * Which objects a detector gives, and how pictures are looked at.
 *
 * @param scoreThreshold objects have scores above it; 0 to 1
 * @param nmsThreshold of two boxes of one class whose intersection over union is above it, the less
 *     sure is dropped (the final suppression, after all that the network does itself); 0 to 1
 * @param mostObjects how many objects of a picture at most, the surest; at least 1
 * @param batchSize how many pictures or tiles of one input size are computed at once, at least 1
 * @param tiling how large pictures are cut into tiles; null to see each as a whole
 */
public record DetectorOptions(
    double scoreThreshold,
    double nmsThreshold,
    int mostObjects,
    int batchSize,
    DetectionTiling tiling) {

  /** For people: objects that are there rather than not. Scores above 0.3, at most 100 objects. */
  public static final DetectorOptions DEFAULT = new DetectorOptions(0.3, 0.5, 100, 4, null);

  /** For measuring, as published detectors are: scores above 0.05, at most 100 objects. */
  public static final DetectorOptions COCO = DEFAULT.withScoreThreshold(0.05);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public DetectorOptions {
    if (!(scoreThreshold >= 0 && scoreThreshold <= 1 && nmsThreshold >= 0 && nmsThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the thresholds of scores and of suppression must be 0 to 1, got %s and %s"
              .formatted(scoreThreshold, nmsThreshold));
    }
    if (mostObjects < 1 || batchSize < 1) {
      throw new IllegalArgumentException(
          "the most objects and the batch size must be at least 1, got %d and %d"
              .formatted(mostObjects, batchSize));
    }
  }

  /**
   * The same with another threshold of scores.
   *
   * @param threshold 0 to 1
   * @return the options
   * @throws IllegalArgumentException if it is out of range
   */
  public DetectorOptions withScoreThreshold(double threshold) {
    return new DetectorOptions(threshold, nmsThreshold, mostObjects, batchSize, tiling);
  }

  /**
   * The same with another threshold of suppression.
   *
   * @param threshold 0 to 1
   * @return the options
   * @throws IllegalArgumentException if it is out of range
   */
  public DetectorOptions withNmsThreshold(double threshold) {
    return new DetectorOptions(scoreThreshold, threshold, mostObjects, batchSize, tiling);
  }

  /**
   * The same with more or fewer objects.
   *
   * @param most at least 1
   * @return the options
   * @throws IllegalArgumentException if it is below 1
   */
  public DetectorOptions withMostObjects(int most) {
    return new DetectorOptions(scoreThreshold, nmsThreshold, most, batchSize, tiling);
  }

  /**
   * The same with another batch size.
   *
   * @param size at least 1
   * @return the options
   * @throws IllegalArgumentException if it is below 1
   */
  public DetectorOptions withBatchSize(int size) {
    return new DetectorOptions(scoreThreshold, nmsThreshold, mostObjects, size, tiling);
  }

  /**
   * The same with other tiles.
   *
   * @param newTiling the tiles; null to see pictures as a whole
   * @return the options
   */
  public DetectorOptions withTiling(DetectionTiling newTiling) {
    return new DetectorOptions(scoreThreshold, nmsThreshold, mostObjects, batchSize, newTiling);
  }

  /**
   * Which of what the network has found is given, as heads take it.
   *
   * @return the thresholds and the most objects
   */
  public MulticlassNms selection() {
    return new MulticlassNms((float) scoreThreshold, (float) nmsThreshold, mostObjects);
  }
}
