package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.zoo.RestorerModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Trains a restorer from good pictures, which are made bad. Its folder and what holds for a resumed
 * training are as {@link ClassifierTraining} has them; what is measured is the PSNR, a hundredth of
 * it in the results (0.314 for 31.4 dB), after each epoch on the middle 256x256 pixels of the test
 * pictures.
 */
public final class RestorationTraining implements ModelTraining {
  private final Training<RestorationBatches.Batch> training;

  /**
   * Prepares a training.
   *
   * @param model the model; trained in place
   * @param train the pictures to learn from
   * @param test the pictures to measure with
   * @param settings what is learned
   * @param options how; of the augmentation only the flip is used, which stands for all eight turns
   *     and mirrorings; mixing and label smoothing are a classifier's
   * @param folder where results go; made if missing
   * @param weightType of the weights in the model file, float32 or float16
   * @param workers how many threads share a batch, each with pieces of its own, at least 1; with
   *     more than one, start java with {@code -Dvisionmamba.threads=1}
   * @throws IllegalArgumentException if the pictures, the degradation or the options do not fit the
   *     model
   */
  public RestorationTraining(
      RestorerModel model,
      PictureFolder train,
      PictureFolder test,
      RestorationSettings settings,
      TrainingOptions options,
      Path folder,
      DataType weightType,
      int workers) {
    this.training =
        new Training<>(
            new RestorationTask(model, train, test, settings, options),
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
