package dev.visionmamba.scans.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.util.Pair;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** Training steps of a {@link ResidualNetwork} on random batches, and what they leave behind. */
final class Training {
  static final int BATCH = 3;
  static final Shape INPUT = new Shape(BATCH, ResidualNetwork.LENGTH, ResidualNetwork.CHANNELS);

  private Training() {}

  /**
   * The mean of the squared differences. DJL's own L2 loss multiplies by a number, whose memory may
   * be gone when the backward pass reads it.
   */
  private static final class MeanSquare extends Loss {
    MeanSquare() {
      super("MeanSquare");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
      return labels.head().sub(predictions.head()).square().mean();
    }
  }

  static DefaultTrainingConfig config() {
    return new DefaultTrainingConfig(new MeanSquare())
        .optOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.05f)).build());
  }

  static void train(Trainer trainer, int seed) {
    withBatch(trainer, seed, batch -> EasyTrain.trainBatch(trainer, batch));
  }

  static NDArray loss(Trainer trainer, Batch batch, boolean training) {
    NDList prediction =
        training ? trainer.forward(batch.getData()) : trainer.evaluate(batch.getData());
    return trainer.getLoss().evaluate(batch.getLabels(), prediction);
  }

  static void inCollector(Trainer trainer, Consumer<GradientCollector> body) {
    try (GradientCollector collector = trainer.newGradientCollector()) {
      body.accept(collector);
    }
  }

  static void withBatch(Trainer trainer, int seed, Consumer<Batch> body) {
    NDManager manager = trainer.getManager().newSubManager();
    Random random = new Random(seed);
    Shape shape = new Shape(BATCH, ResidualNetwork.LENGTH, ResidualNetwork.CHANNELS);
    NDList data = new NDList(ResidualNetwork.uniform(manager, shape, random).mul(3f));
    NDList labels = new NDList(ResidualNetwork.uniform(manager, shape, random).mul(3f));
    try (Batch batch =
        new Batch(manager, data, labels, BATCH, Batchifier.STACK, Batchifier.STACK, 0, 1)) {
      body.accept(batch);
    }
  }

  static Map<String, float[]> gradients(ResidualNetwork network) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray array = named.getValue().getArray();
      if (array.hasGradient()) {
        gradients.put(named.getKey(), array.getGradient().toFloatArray());
      }
    }
    return gradients;
  }

  static Map<String, float[]> weights(ResidualNetwork network) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : network.getParameters()) {
      weights.put(named.getKey(), named.getValue().getArray().toFloatArray());
    }
    return weights;
  }

  static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          float scale = 0;
          for (float value : values) {
            scale = Math.max(scale, Math.abs(value));
          }
          assertThat(actual.get(name)).as(name).containsExactly(values, within(1e-5f * scale));
        });
  }
}
