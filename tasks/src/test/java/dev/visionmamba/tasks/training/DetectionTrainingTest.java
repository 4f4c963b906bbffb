package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.loss.Loss;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.detection.MaskRcnnObjective;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.Clothes;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.training.DetectionBatches.Batch;
import dev.visionmamba.tasks.training.TrainingWorkers.BatchResult;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetectionTrainingTest {
  private static final Things TRAIN = new Things(6, 40, 36, 1);
  private static final Things TEST = new Things(3, 48, 40, 2);

  @TempDir private Path folder;

  private static TrainingOptions options(int epochs) {
    return new TrainingOptions(
        epochs,
        3,
        2e-3f,
        0.01f,
        0.5f,
        0f,
        TrainingOptions.DENSE.augmentation(),
        Mixing.NONE,
        TrainingOptions.OptimizerKind.ADAMW,
        0f,
        FineTuning.NONE,
        0,
        7);
  }

  private static DetectionTraining training(
      DetectorModel model, boolean masks, DetectionDataset test, int epochs, Path out) {
    return new DetectionTraining(
        model,
        TRAIN,
        test,
        options(epochs),
        SmallDetectors.objective(masks),
        out,
        DataType.FLOAT32,
        1);
  }

  private static Map<String, float[]> weights(DetectorModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    StateDict.of(model.network()).forEach((name, array) -> weights.put(name, array.toFloatArray()));
    return weights;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resumedIsAsUninterrupted(boolean masks) throws Exception {
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    Map<String, float[]> wanted;
    List<EpochResult> wantedHistory;
    try (DetectorModel model = SmallDetectors.create(masks)) {
      Map<String, float[]> before = weights(model);
      wantedHistory =
          training(model, masks, TEST, 2, whole).run(false, 2, Map.of(), TrainingListener.NONE);
      wanted = weights(model);
      wanted.forEach((name, now) -> assertThat(now).as(name).isNotEqualTo(before.get(name)));
    }
    try (DetectorModel model = SmallDetectors.create(masks)) {
      training(model, masks, TEST, 2, cut).run(false, 1, Map.of(), TrainingListener.NONE);
    }
    try (DetectorModel model = SmallDetectors.create(masks)) {
      List<EpochResult> history =
          training(model, masks, TEST, 2, cut)
              .run(true, 2, Map.of("of", "things"), TrainingListener.NONE);
      assertThat(history).hasSize(2);
      assertThat(history.get(1).trainLoss())
          .isCloseTo(wantedHistory.get(1).trainLoss(), within(1e-9));
      assertThat(history.get(1).testAccuracy()).isEqualTo(wantedHistory.get(1).testAccuracy());
      weights(model).forEach((name, got) -> assertThat(got).as(name).isEqualTo(wanted.get(name)));
    }
    for (String file :
        List.of(
            ClassifierTraining.CHECKPOINT_FILE,
            ClassifierTraining.METRICS_FILE,
            ClassifierTraining.CURVES_FILE)) {
      assertThat(cut.resolve(file)).isNotEmptyFile();
    }
    assertThat(Files.readAllLines(cut.resolve(ClassifierTraining.METRICS_FILE)).get(0))
        .contains("train_object_accuracy")
        .contains("test_box_ap50");
    // What is kept is the model, with all that it says about itself.
    try (DetectorModel loaded =
        DetectorModel.load(cut.resolve(ClassifierTraining.MODEL_FILE), Device.cpu())) {
      assertThat(loaded.description().notes())
          .containsEntry("of", "things")
          .containsEntry("epochs", "2")
          .containsKey("test box AP50");
      assertThat(
              DetectorEvaluation.run(loaded, TEST, Set.of(Overlap.BOXES), 1, done -> {})
                  .get(Overlap.BOXES)
                  .ap50())
          .isEqualTo(wantedHistory.get(1).testAccuracy());
    }
  }

  /** Every parameter's gradient after one batch, and that batch's result. */
  private record Learned(BatchResult result, Map<String, float[]> gradients) {}

  /**
   * Two pictures, twice: as losses are divided by what a worker sees, its share must look like the
   * whole.
   */
  private static Learned learn(boolean masks, int workers) throws Exception {
    Things data = new Things(2, 40, 36, 3);
    TrainingOptions options = options(1);
    DetectionTask task;
    try (DetectorModel model = SmallDetectors.create(masks);
        ScanTrainer trainer =
            ScanTrainer.of(model.djlModel(), new DefaultTrainingConfig(Loss.l2Loss()));
        NDManager manager = trainer.getManager().newSubManager();
        DetectionBatches batches =
            new DetectionBatches(
                data,
                SmallDetectors.INPUT,
                options,
                new int[] {0, 1},
                new SplittableRandom(1),
                1)) {
      task = new DetectionTask(model, data, data, options, SmallDetectors.objective(masks));
      Batch one = batches.next(manager);
      Batch twice =
          new Batch(
              one.images().concat(one.images(), 0),
              List.of(
                  one.frames().get(0),
                  one.frames().get(1),
                  one.frames().get(0),
                  one.frames().get(1)),
              List.of(
                  one.truths().get(0),
                  one.truths().get(1),
                  one.truths().get(0),
                  one.truths().get(1)),
              List.of(5L, 6L, 5L, 6L));
      try (TrainingWorkers<Batch> threads = new TrainingWorkers<>(task, workers)) {
        BatchResult result = threads.learn(trainer, manager, twice);
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
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void twoWorkersAddUpToTheGradientsOfOne(boolean masks) throws Exception {
    Learned alone = learn(masks, 1);
    Learned shared = learn(masks, 2);
    double sum = alone.result().lossSum();
    assertThat(shared.result().lossSum()).isCloseTo(sum, within(1e-5 * sum));
    assertThat(shared.result().right()).isEqualTo(alone.result().right());
    assertThat(shared.result().chances()).isEqualTo(alone.result().chances()).isPositive();
    alone
        .gradients()
        .forEach(
            (name, wanted) -> {
              float largest = 0;
              for (float value : wanted) {
                largest = Math.max(largest, Math.abs(value));
              }
              assertThat(largest).as(name).isPositive();
              float[] got = shared.gradients().get(name);
              for (int i = 0; i < wanted.length; i++) {
                assertThat(got[i]).as(name).isCloseTo(wanted[i], within(1e-4f * largest));
              }
            });
  }

  /** Pictures without objects, in training too: they teach what is background. */
  @Test
  void emptyPicturesAreNoFailure() throws Exception {
    DetectionDataset empty =
        new DetectionDataset() {
          @Override
          public int count() {
            return 2;
          }

          @Override
          public List<String> classNames() {
            return Things.CLASSES;
          }

          @Override
          public DetectionExample example(int index) {
            return new DetectionExample(index, TEST.example(index).picture(), List.of());
          }

          @Override
          public String identity() {
            return "empty";
          }
        };
    for (int resumed = 0; resumed < 2; resumed++) {
      try (DetectorModel model = SmallDetectors.create(true)) {
        List<EpochResult> history =
            new DetectionTraining(
                    model,
                    empty,
                    empty,
                    options(2),
                    SmallDetectors.objective(true),
                    folder,
                    DataType.FLOAT32,
                    1)
                .run(resumed > 0, 1 + resumed, Map.of(), TrainingListener.NONE);
        assertThat(history).hasSize(1 + resumed);
        for (EpochResult result : history) {
          assertThat(result.trainLoss()).isFinite().isPositive();
          assertThat(result.trainAccuracy()).isZero(); // of no objects
          assertThat(result.testAccuracy()).isNaN(); // there was nothing to find
        }
      }
    }
    assertThat(folder.resolve(ClassifierTraining.CURVES_FILE)).isNotEmptyFile();
  }

  @Test
  void whatDoesNotFitIsSaid() {
    try (DetectorModel model = SmallDetectors.create(true);
        DetectorModel boxesOnly = SmallDetectors.create(false)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> training(model, true, new Things(0, 40, 40, 1), 1, folder))
          .withMessageContaining("6 and 0");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> training(model, false, TEST, 1, folder))
          .withMessageContaining("this objective is for a RetinaNet, but the head is a MaskRcnn");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> training(boxesOnly, true, TEST, 1, folder))
          .withMessageContaining("this objective is for a MaskRcnn, but the head is a RetinaNet");
      DetectionDataset others = FashionScenes.of(Clothes.bars(10, 1), 1, 1).detection();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> training(model, true, others, 1, folder))
          .withMessageContaining("red, blue");
      assertThat(folder).isEmptyDirectory();
    }
  }

  /** A training goes on only with the objective that it was begun with. */
  @Test
  void anotherObjectiveDoesNotGoOn() throws Exception {
    Things few = new Things(2, 40, 36, 1);
    for (int anchors : new int[] {8, 9}) {
      try (DetectorModel model = SmallDetectors.create(true)) {
        DetectionTraining training =
            new DetectionTraining(
                model,
                few,
                few,
                options(2),
                MaskRcnnObjective.ofSamples(anchors, 8, 10),
                folder,
                DataType.FLOAT32,
                1);
        if (anchors == 8) {
          training.run(false, 1, Map.of(), TrainingListener.NONE);
        } else {
          assertThatThrownBy(() -> training.run(true, 2, Map.of(), TrainingListener.NONE))
              .isInstanceOf(CheckpointException.class)
              .hasMessageContaining("a training with other settings");
        }
      }
    }
  }
}
