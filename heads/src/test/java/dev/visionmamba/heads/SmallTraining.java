package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Trainings of small networks, to compare their gradients by different trainers and in different
 * precision: the weights are the same each time.
 *
 * @param manager of the test
 * @param seed of the weights
 * @param network makes the network, always the same one
 * @param input of the network
 * @param start from a weight that was drawn to the one that training starts from
 */
public record SmallTraining(
    NDManager manager, int seed, Supplier<? extends NamedBlock> network, Shape input, Start start) {
  private static final float LEARNING_RATE = 3e-3f;

  /** Changes weights before training. */
  @FunctionalInterface
  public interface Start {
    /** The weight that training starts from: a drawn one of a name, perhaps scaled. */
    NDArray of(String name, NDArray drawn);
  }

  /** Makes a trainer from a model and a configuration. */
  @FunctionalInterface
  public interface Trainers {
    /** The trainer. */
    Trainer of(Model model, TrainingConfig config);
  }

  /** Uses a trainer by Adam of a network with the weights. */
  public void run(DataType type, Trainers trainers, Consumer<Trainer> use) {
    manager.getEngine().setRandomSeed(seed);
    NamedBlock drawn = network.get();
    drawn.initialize(manager, DataType.FLOAT32, input);
    Map<String, NDArray> weights = StateDict.of(drawn);
    NamedBlock trained = network.get();
    for (Pair<String, Parameter> named : trained.getParameters()) {
      NDArray weight = weights.get(named.getKey());
      named
          .getValue()
          .setInitializer(
              (owner, shape, wanted) -> {
                NDArray begun = start.of(named.getKey(), weight);
                NDArray copy = begun.toType(type, false).duplicate();
                copy.attach(owner);
                return copy;
              });
    }
    try (Model model = Model.newInstance("small")) {
      trained.initialize(model.getNDManager(), type, input);
      model.setBlock(trained);
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optOptimizer(
                  Optimizer.adam().optLearningRateTracker(Tracker.fixed(LEARNING_RATE)).build());
      try (Trainer trainer = trainers.of(model, config)) {
        use.accept(trainer);
      }
    }
  }

  /** The gradients that a backward pass has left with the parameters that want one. */
  public static Map<String, double[]> gradients(Trainer trainer) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : trainer.getModel().getBlock().getParameters()) {
      if (named.getValue().requiresGradient()) {
        gradients.put(named.getKey(), doubles(named.getValue().getArray().getGradient()));
      }
    }
    return gradients;
  }

  /** An array's numbers. */
  public static double[] doubles(NDArray array) {
    return array.toType(DataType.FLOAT64, false).toDoubleArray();
  }

  /** All weights and statistics of a network. */
  public static Map<String, float[]> values(NamedBlock network) {
    Map<String, float[]> values = new LinkedHashMap<>();
    StateDict.of(network).forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  /** Each array within a part of its largest number, which is not 0. */
  public static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          double scale = scale(values);
          assertThat(scale).as(name).isPositive();
          assertWithin(name, actual.get(name), values, tolerance * scale);
        });
  }

  /** Each number within a distance. */
  public static void assertWithin(
      String name, double[] actual, double[] expected, double distance) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(actual[i] - expected[i]);
      worst = difference <= worst ? worst : difference; // NaN is the worst
    }
    assertThat(worst).as(name).isLessThanOrEqualTo(distance);
  }

  /** The largest magnitude. */
  public static double scale(double[] values) {
    double scale = 0;
    for (double value : values) {
      scale = Math.max(scale, Math.abs(value));
    }
    return scale;
  }

  /** Some steps leave as many arrays as the first of them, with whichever manager. */
  public void assertStepsKeepNoMemory(Trainer trainer, int steps, Runnable step) {
    int before = 0;
    for (int i = 0; i < steps; i++) {
      step.run();
      int arrays =
          trainer.getModel().getNDManager().getManagedArrays().size()
              + trainer.getManager().getManagedArrays().size()
              + manager.getManagedArrays().size()
              + manager.getParentManager().getManagedArrays().size();
      assertThat(arrays).as("arrays after step %d", i).isEqualTo(i == 0 ? arrays : before);
      before = arrays;
    }
  }
}
