package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The gradients of one training step of a small Vim: through the tape and the CPU engine, and by
 * autograd alone, in float32 and in float64.
 */
class TrainingStepTest {
  private static final int IMAGES = 4;
  private static final Shape INPUT = new Shape(IMAGES, 3, 32, 32);

  private static final Map<String, Object> SMALL =
      Map.of(
          "img_size",
          32,
          "patch_size",
          4,
          "stride",
          4,
          "embed_dim",
          48,
          "depth",
          4,
          "num_classes",
          10,
          "drop_path_rate",
          0);

  /** Makes a trainer from a model and a configuration. */
  private interface Trainers {
    Trainer of(Model model, TrainingConfig config);
  }

  @Test
  void theTapeGivesTheGradientsOfAutograd() {
    try (NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(6);
      Classifier drawn = Classifier.create("vim_tiny", SMALL);
      drawn.initialize(manager, DataType.FLOAT32, INPUT);
      Map<String, NDArray> weights = StateDict.of(drawn);
      NDArray images = manager.randomNormal(INPUT);
      Map<String, double[]> taped = gradients(weights, images, DataType.FLOAT32, ScanTrainer::of);
      Map<String, double[]> autograd =
          gradients(weights, images, DataType.FLOAT32, Model::newTrainer);
      Map<String, double[]> exact = gradients(weights, images, DataType.FLOAT64, Model::newTrainer);
      assertThat(taped.keySet()).isEqualTo(weights.keySet());
      assertThat(distance(taped, autograd)).isLessThan(1e-6);
      // What is left is float32's rounding: of either, and of neither more than of the other.
      assertThat(distance(autograd, exact)).isLessThan(1e-6);
      assertThat(distance(taped, exact)).isLessThan(2 * distance(autograd, exact));
      for (String name : weights.keySet()) {
        assertThat(worst(taped.get(name), autograd.get(name))).as(name).isLessThan(1e-5);
      }
    }
  }

  /** The greatest difference over the greatest element. */
  private static double worst(double[] actual, double[] expected) {
    double difference = 0;
    double scale = 0;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
      scale = Math.max(scale, Math.abs(expected[i]));
    }
    return difference / scale;
  }

  private static Map<String, double[]> gradients(
      Map<String, NDArray> weights, NDArray images, DataType type, Trainers trainers) {
    Classifier network = Classifier.create("vim_tiny", SMALL);
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray weight = weights.get(named.getKey());
      named
          .getValue()
          .setInitializer(
              (manager, shape, wanted) -> {
                NDArray copy = weight.toType(type, false).duplicate();
                copy.attach(manager);
                return copy;
              });
    }
    try (Model model = Model.newInstance("small");
        NDManager batchManager = NDManager.newBaseManager()) {
      network.initialize(model.getNDManager(), type, INPUT);
      model.setBlock(network);
      NDArray data = images.toType(type, true);
      data.attach(batchManager);
      NDArray labels = batchManager.arange((float) IMAGES);
      try (Trainer trainer =
              trainers.of(model, new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()));
          Batch batch =
              new Batch(
                  batchManager,
                  new NDList(data),
                  new NDList(labels),
                  IMAGES,
                  Batchifier.STACK,
                  Batchifier.STACK,
                  0,
                  1)) {
        EasyTrain.trainBatch(trainer, batch);
        Map<String, double[]> gradients = new LinkedHashMap<>();
        for (Pair<String, Parameter> named : network.getParameters()) {
          NDArray gradient = named.getValue().getArray().getGradient();
          gradients.put(named.getKey(), gradient.toType(DataType.FLOAT64, false).toDoubleArray());
        }
        return gradients;
      }
    }
  }

  /** |actual - expected| / |expected|, Euclidean, over all parameters together. */
  private static double distance(Map<String, double[]> actual, Map<String, double[]> expected) {
    double difference = 0;
    double norm = 0;
    for (String name : expected.keySet()) {
      for (int i = 0; i < expected.get(name).length; i++) {
        difference += Math.pow(actual.get(name)[i] - expected.get(name)[i], 2);
        norm += Math.pow(expected.get(name)[i], 2);
      }
    }
    return Math.sqrt(difference / norm);
  }
}
