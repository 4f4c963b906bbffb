package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Trains a segmenter, by cross-entropy over the pixels. Its folder and what holds for a resumed
 * training are as {@link ClassifierTraining} has them; the test accuracy is the mean intersection
 * over union.
 */
public final class SegmentationTraining implements ModelTraining {
  private final Training<SegmentationBatches.Batch> training;

  /**
   * Prepares a training.
   *
   * @param model the model, its classes the data sets'; trained in place
   * @param train the pictures to learn from, at least one
   * @param test the pictures to measure with, at least one
   * @param options how; of the augmentation only the flip is used, and mixing and label smoothing
   *     are a classifier's
   * @param folder where results go; made if missing
   * @param weightType of the weights in the model file, float32 or float16
   * @param workers how many threads share a batch, each with pictures of its own, at least 1; with
   *     more than one, start java with {@code -Dvisionmamba.threads=1}
   * @throws IllegalArgumentException if a data set does not fit the model
   */
  public SegmentationTraining(
      SegmenterModel model,
      SegmentationDataset train,
      SegmentationDataset test,
      TrainingOptions options,
      Path folder,
      DataType weightType,
      int workers) {
    this.training =
        new Training<>(
            new SegmentationTask(model, train, test, options),
            options,
            folder,
            weightType,
            workers);
  }

  @Override
  public List<EpochResult> run(
      boolean resume, int until, Map<String, String> notes, TrainingListener listener)
      throws IOException, MalformedModelException {
    return training.run(resume, until, notes, listener);
  }

  @Override
  public EpochResult kept(List<EpochResult> history) {
    return training.kept(history);
  }
}
