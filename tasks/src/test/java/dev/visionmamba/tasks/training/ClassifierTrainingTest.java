package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.Clothes;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierTrainingTest {
  private static final LabelledImages TRAIN = Clothes.bars(80, 1);
  private static final LabelledImages TEST = Clothes.bars(40, 2);

  @TempDir private Path folder;

  private static TrainingOptions options(int epochs) {
    return new TrainingOptions(
        epochs,
        20,
        3e-3f,
        0.05f,
        0.5f,
        0.1f,
        Augmentation.shifts(2, true),
        Mixing.NONE,
        OptimizerKind.MUON,
        0.9f,
        FineTuning.NONE,
        0,
        7);
  }

  private static ClassifierModel model() {
    Engine.getEngine("PyTorch").setRandomSeed(3);
    return ClassifierModel.create(
        new ModelDescription(
            "test",
            "vim_micro",
            Map.of(
                "num_classes",
                10,
                "depth",
                2,
                "embed_dim",
                32,
                "expand",
                2,
                "if_cls_token",
                true,
                "use_middle_cls_token",
                true,
                "drop_path_rate",
                0.1),
            FashionMnist.CLASS_NAMES,
            new ImageInput(28, 28, 28, "bicubic", List.of(0.3f), List.of(0.3f)),
            Map.of()),
        Device.cpu());
  }

  private static Map<String, float[]> weights(ClassifierModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    StateDict.of(model.network())
        .forEach((String name, NDArray array) -> weights.put(name, array.toFloatArray()));
    return weights;
  }

  private Map<String, float[]> train(
      Path out, int epochs, boolean resume, TrainingListener listener) throws Exception {
    return train(out, epochs, resume, listener, 1);
  }

  private Map<String, float[]> train(
      Path out, int epochs, boolean resume, TrainingListener listener, int workers)
      throws Exception {
    try (ClassifierModel model = model()) {
      new ClassifierTraining(model, TRAIN, TEST, options(epochs), out, DataType.FLOAT32, workers)
          .run(resume, epochs, Map.of("command", "test"), listener);
      return weights(model);
    }
  }

  @Test
  void moreWorkersThanImagesOfTheLastBatch() throws Exception {
    assertThat(train(folder, 1, false, TrainingListener.NONE, 9)).isNotEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(folder, 1, false, TrainingListener.NONE, 0))
        .withMessageContaining("at least 1 worker");
  }

  @Test
  void learnsWhatIsEasy() throws Exception {
    try (ClassifierModel model = model()) {
      List<EpochResult> results =
          new ClassifierTraining(
                  model,
                  TRAIN,
                  TRAIN,
                  new TrainingOptions(
                      25,
                      20,
                      5e-3f,
                      0f,
                      1f,
                      0f,
                      Augmentation.NONE,
                      Mixing.NONE,
                      OptimizerKind.ADAMW,
                      0f,
                      FineTuning.NONE,
                      0,
                      7),
                  folder,
                  DataType.FLOAT32,
                  1)
              .run(false, 25, Map.of(), TrainingListener.NONE);
      assertThat(results).hasSize(25);
      assertThat(results.get(24).testAccuracy()).isGreaterThan(0.95);
      assertThat(results.get(24).trainLoss()).isLessThan(0.3 * results.get(0).trainLoss());
    }
  }

  @Test
  void leavesAModelMetricsAndCurves() throws Exception {
    train(folder, 2, false, TrainingListener.NONE);
    try (ClassifierModel loaded =
        ClassifierModel.load(folder.resolve(ClassifierTraining.MODEL_FILE), Device.cpu())) {
      assertThat(loaded.description().notes()).containsEntry("command", "test");
      assertThat(loaded.description().notes().get("test accuracy")).matches("0\\.\\d{4}");
    }
    assertThat(Files.readAllLines(folder.resolve(ClassifierTraining.METRICS_FILE)))
        .hasSize(3)
        .first()
        .asString()
        .startsWith("epoch,train_loss");
    assertThat(ImageIO.read(folder.resolve(ClassifierTraining.CURVES_FILE).toFile()).getWidth())
        .isGreaterThan(400);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(4); // no temporary file is left
    }
  }

  @Test
  void resumedTrainingGivesTheWeightsOfUninterruptedTraining() throws Exception {
    Map<String, float[]> whole = train(folder.resolve("whole"), 3, false, TrainingListener.NONE);
    Path cut = folder.resolve("cut");
    TrainingListener stop =
        new TrainingListener() {
          @Override
          public void epochEnded(EpochResult result) {
            if (result.epoch() == 2) {
              throw new Interruption();
            }
          }
        };
    assertThatThrownBy(() -> train(cut, 3, false, stop)).isInstanceOf(Interruption.class);
    Map<String, float[]> resumed = train(cut, 3, true, TrainingListener.NONE);
    assertThat(resumed.keySet()).isEqualTo(whole.keySet());
    whole.forEach((name, values) -> assertThat(resumed.get(name)).as(name).containsExactly(values));
    assertThat(Files.readAllLines(cut.resolve(ClassifierTraining.METRICS_FILE))).hasSize(4);
  }

  private static final class Interruption extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void stoppingEarlyIsLikeAnInterruption() throws Exception {
    Map<String, float[]> whole = train(folder.resolve("whole"), 2, false, TrainingListener.NONE);
    Path cut = folder.resolve("cut");
    Map<String, float[]> resumed = null;
    for (int until = 1; until <= 2; until++) {
      try (ClassifierModel model = model()) {
        List<EpochResult> results =
            new ClassifierTraining(model, TRAIN, TEST, options(2), cut, DataType.FLOAT32, 1)
                .run(true, until, Map.of(), TrainingListener.NONE);
        assertThat(results).hasSize(until);
        resumed = weights(model);
      }
    }
    assertThat(resumed.get("head.weight")).containsExactly(whole.get("head.weight"));
  }

  @Test
  void resumingWithOtherSettingsIsRefused() throws Exception {
    train(folder, 1, false, TrainingListener.NONE);
    assertThatThrownBy(() -> train(folder, 2, true, TrainingListener.NONE))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("other settings");
  }

  @Test
  void aFolderThatCannotBeMadeIsReported() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> train(file.resolve("out"), 1, false, TrainingListener.NONE))
        .isInstanceOf(IOException.class);
  }
}
