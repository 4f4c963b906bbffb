package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.loss.Loss;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.Clothes;
import dev.visionmamba.tasks.training.BatchLoader.Batch;
import dev.visionmamba.tasks.training.TrainingWorkers.BatchResult;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelDescription;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingWorkersTest {
  private static final int BATCH = 7;

  /** Every parameter's gradient after one batch, and that batch's result. */
  private record Learned(BatchResult result, Map<String, float[]> gradients) {}

  private static Learned learn(int workers) {
    Engine.getEngine("PyTorch").setRandomSeed(3);
    ModelDescription description =
        new ModelDescription(
            "test",
            "vim_micro",
            Map.of("num_classes", 10, "depth", 2, "embed_dim", 32),
            FashionMnist.CLASS_NAMES,
            new ImageInput(28, 28, 28, "bicubic", List.of(0.3f), List.of(0.3f)),
            Map.of());
    LabelledImages images = Clothes.bars(10, 1);
    Loss loss = new SmoothedCrossEntropy(0.1f);
    try (ClassifierModel model = ClassifierModel.create(description, Device.cpu());
        ScanTrainer trainer = ScanTrainer.of(model.djlModel(), new DefaultTrainingConfig(loss));
        TrainingWorkers<Batch> threads =
            new TrainingWorkers<>(
                new ClassifierTask(model, images, images, TrainingOptions.SMALL_IMAGES), workers);
        NDManager manager = trainer.getManager().newSubManager()) {
      NDArray pixels = manager.randomNormal(new Shape(BATCH, 1, 28, 28));
      NDArray labels = manager.create(new long[] {0, 1, 2, 3, 4, 5, 6});
      BatchResult result = threads.learn(trainer, manager, new Batch(pixels, labels, labels));
      Map<String, float[]> gradients = new LinkedHashMap<>();
      StateDict.of(model.network())
          .forEach(
              (name, array) -> {
                try (NDArray gradient = array.getGradient()) {
                  gradients.put(name, gradient.toFloatArray());
                }
              });
      return new Learned(result, gradients);
    }
  }

  @Test
  void workersAddUpToTheGradientsOfOneThread() {
    Learned alone = learn(1);
    for (int workers : List.of(2, 3, 7, 9)) {
      Learned shared = learn(workers);
      assertThat(shared.result().lossSum()).isCloseTo(alone.result().lossSum(), within(1e-4));
      assertThat(shared.result().right()).isEqualTo(alone.result().right());
      alone
          .gradients()
          .forEach(
              (name, wanted) -> {
                float largest = 0;
                for (float value : wanted) {
                  largest = Math.max(largest, Math.abs(value));
                }
                assertThat(largest).as(name).isPositive();
                assertThat(shared.gradients().get(name))
                    .as("%s with %d workers", name, workers)
                    .containsExactly(wanted, within(2e-5f * largest));
              });
    }
  }

  @Test
  void twoWorkersGiveTheSameEveryTime() {
    Map<String, float[]> first = learn(2).gradients();
    for (int run = 0; run < 5; run++) {
      learn(2).gradients().forEach((name, got) -> assertThat(got).isEqualTo(first.get(name)));
    }
  }

  @Test
  void aFailureOfAnyWorkerIsTheCallers() {
    try (ParallelTasks threads = new ParallelTasks(3)) {
      assertThat(threads.run(List.of(() -> 1, () -> 2, () -> 3))).containsExactly(1, 2, 3);
      for (int bad = 0; bad < 3; bad++) {
        int failing = bad;
        assertThatIllegalArgumentException()
            .isThrownBy(
                () ->
                    threads.run(
                        List.of(
                            () -> failIf(failing == 0),
                            () -> failIf(failing == 1),
                            () -> failIf(failing == 2))))
            .withMessage("broken");
      }
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ParallelTasks(0))
        .withMessageContaining("at least 1 worker");
  }

  private static int failIf(boolean fails) {
    if (fails) {
      throw new IllegalArgumentException("broken");
    }
    return 0;
  }
}
