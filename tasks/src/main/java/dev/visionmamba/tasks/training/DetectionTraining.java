package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.heads.detection.DetectionObjective;
import dev.visionmamba.zoo.DetectorModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Trains a detector. Its folder and what holds for a resumed training are as {@link
 * ClassifierTraining} has them. The test accuracy is the boxes' average precision at an
 * intersection over union of 0.5, whether the detector finds masks or not, and not a number (NaN)
 * where no test picture shows an object; the training accuracy is the share of the anchors or
 * regions on objects whose class is recognised.
 */
public final class DetectionTraining implements ModelTraining {
  private final Training<DetectionBatches.Batch> training;

  /**
   * Prepares a training.
   *
   * @param model the model, its classes the data sets'; trained in place
   * @param train the pictures to learn from, at least one; such without objects teach what is
   *     background
   * @param test the pictures to measure with, at least one
   * @param options how; of the augmentation only the flip is used, and mixing and label smoothing
   *     are a classifier's
   * @param objective what the head learns, such as {@link DetectionObjective#published}
   * @param folder where results go; made if missing
   * @param weightType of the weights in the model file, float32 or float16
   * @param workers how many threads share a batch, each with pictures of its own over which its
   *     losses are averaged, at least 1; with more than one, start java with {@code
   *     -Dvisionmamba.threads=1}
   * @throws IllegalArgumentException if a data set or the objective does not fit the model
   */
  public DetectionTraining(
      DetectorModel model,
      DetectionDataset train,
      DetectionDataset test,
      TrainingOptions options,
      DetectionObjective objective,
      Path folder,
      DataType weightType,
      int workers) {
    this.training =
        new Training<>(
            new DetectionTask(model, train, test, options, objective),
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
