package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.training.BatchLoader.Batch;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Trains a classifier. After each epoch the folder holds, each written whole or not at all: {@value
 * #MODEL_FILE}, {@value #CHECKPOINT_FILE} to go on from, {@value #METRICS_FILE} and {@value
 * #CURVES_FILE}. A training that was interrupted and resumed gives the weights of one that was not;
 * with several workers, and stochastic depth or dropout in the network, every training comes out a
 * little different, since which worker draws its random numbers first is chance.
 */
public final class ClassifierTraining implements ModelTraining {
  /** The model as it is after the last epoch, or, with patience, after the best. */
  public static final String MODEL_FILE = ModelCatalogue.MODEL_FILE;

  /** What resuming needs. */
  public static final String CHECKPOINT_FILE = "checkpoint.safetensors";

  /** One line an epoch. */
  public static final String METRICS_FILE = "metrics.csv";

  /** The metrics as a picture. */
  public static final String CURVES_FILE = "curves.png";

  private final Training<Batch> training;

  /**
   * Prepares a training.
   *
   * @param model the model, its classes the data set's; trained in place
   * @param train the images to learn from, at least one
   * @param test the images to measure accuracy on, at least one; their classes are among the
   *     model's
   * @param options how
   * @param folder where results go; made if missing
   * @param weightType of the weights in the model file, float32 or float16
   * @param workers how many threads share a batch, each with images of its own, at least 1; with
   *     more than one, start java with {@code -Dvisionmamba.threads=1}
   * @throws IllegalArgumentException if the data set does not fit the model
   */
  public ClassifierTraining(
      ClassifierModel model,
      ImageDataset train,
      ImageDataset test,
      TrainingOptions options,
      Path folder,
      DataType weightType,
      int workers) {
    this.training =
        new Training<>(
            new ClassifierTask(model, train, test, options), options, folder, weightType, workers);
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
