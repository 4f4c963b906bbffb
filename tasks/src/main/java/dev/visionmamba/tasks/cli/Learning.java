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

/** A training that the command runs, of any task. Closing it frees the model. */
interface Learning extends AutoCloseable {

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

  /** What is trained. */
  TrainedModel<?> model();

  /** How many pictures there are to learn from. */
  int trainCount();

  /** How many there are to test with. */
  int testCount();

  /** How it is trained. */
  ModelTraining training();

  /** What the model's notes tell of the training, beside what the command says of any. */
  default Map<String, String> notes() {
    return Map.of();
  }

  /** Measures the model that is kept, leaves pictures of that in the folder, and says it. */
  String measured(EpochResult kept) throws IOException;

  @Override
  void close();
}
