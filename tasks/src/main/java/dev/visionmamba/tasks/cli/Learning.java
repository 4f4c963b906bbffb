package dev.visionmamba.tasks.cli;

import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.ModelTraining;
import dev.visionmamba.tasks.training.TrainingOptions;
import dev.visionmamba.zoo.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A training that the command runs, of any task. Closing it frees the model.
 *
 * @param model what is trained
 * @param trainCount how many pictures there are to learn from
 * @param testCount how many there are to test with
 * @param training how it is trained
 * @param notes what the model's notes tell of the training, beside what the command says of any
 * @param measurement says how good the kept model is
 */
record Learning(
    TrainedModel<?> model,
    int trainCount,
    int testCount,
    ModelTraining training,
    Map<String, String> notes,
    Measurement measurement)
    implements AutoCloseable {

  /**
   * What a training is made of, beside the data and the network.
   *
   * @param options how it learns
   * @param out the folder for the results
   * @param weightType of the weights in the model file
   * @param workers how many threads share a batch
   * @param limit how many pictures of either part are used at most
   */
  record Setup(TrainingOptions options, Path out, DataType weightType, int workers, int limit) {

    /** What is made by chance comes out the same for the same seed. */
    <T> T seeded(Callable<T> maker) throws Exception {
      Engine.getEngine("PyTorch").setRandomSeed((int) options.seed());
      return maker.call();
    }
  }

  /** Measures the model that is kept, leaves pictures of that in the folder, and says it. */
  @FunctionalInterface
  interface Measurement {
    String of(EpochResult kept) throws IOException;
  }

  /** What may refuse the data or the options. */
  @FunctionalInterface
  interface Maker {
    Learning make() throws IOException;
  }

  /** Makes a training of a model, which is freed if that fails. */
  static Learning of(TrainedModel<?> model, Maker maker) throws IOException {
    try {
      return maker.make();
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
