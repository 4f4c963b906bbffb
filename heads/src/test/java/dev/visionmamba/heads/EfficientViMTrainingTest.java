package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small EfficientViM learns four images by heart, through the trainer that all families use. */
class EfficientViMTrainingTest {
  private static final int IMAGES = 4;
  private static final Shape INPUT = new Shape(IMAGES, 3, 64, 64);
  private static final int STEPS = 70;

  private static final Map<String, Object> SMALL =
      Map.of(
          "embed_dim",
          List.of(16, 24, 32),
          "depths",
          List.of(1, 1, 1),
          "state_dim",
          List.of(9, 4, 4),
          "num_classes",
          IMAGES);

  @ParameterizedTest
  @ValueSource(strings = {"efficientvim_m1", "efficientvim_m1_dist"})
  void aSmallNetworkLearnsItsImages(String name) {
    try (Model model = Model.newInstance("small");
        NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(4);
      Classifier network = Classifier.create(name, SMALL);
      network.initialize(model.getNDManager(), DataType.FLOAT32, INPUT);
      model.setBlock(network);
      Map<String, float[]> before = new HashMap<>();
      StateDict.of(network).forEach((key, array) -> before.put(key, array.toFloatArray()));
      Loss loss = Loss.softmaxCrossEntropyLoss();
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss)
              .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(5e-3f)).build());
      NDArray images = manager.randomNormal(INPUT);
      NDArray labels = manager.arange((float) IMAGES);
      float first = 0;
      float last = 0;
      try (Trainer trainer = ScanTrainer.of(model, config)) {
        for (int step = 0; step < STEPS; step++) {
          try (NDManager scope = manager.newSubManager()) {
            Batch batch =
                new Batch(
                    scope,
                    new NDList(images.duplicate()), // a batch closes its arrays
                    new NDList(labels.duplicate()),
                    IMAGES,
                    Batchifier.STACK,
                    Batchifier.STACK,
                    0,
                    1);
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
            NDArray scores = trainer.evaluate(new NDList(images)).singletonOrThrow();
            last = loss.evaluate(new NDList(labels), new NDList(scores)).getFloat();
          }
          first = step == 0 ? last : first;
        }
      }
      assertThat(last).isLessThan(first / 10);
      StateDict.of(network)
          .forEach(
              (key, array) ->
                  assertThat(Arrays.equals(array.toFloatArray(), before.get(key)))
                      .as(key)
                      // It cancels in the softmax over the positions.
                      .isEqualTo(key.endsWith("mixer.A")));
    }
  }
}
