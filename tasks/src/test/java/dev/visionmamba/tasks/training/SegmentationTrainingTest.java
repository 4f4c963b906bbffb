package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.SegmentedPicture;
import dev.visionmamba.tasks.SemanticSegmenter;
import dev.visionmamba.tasks.metrics.SegmentationAccuracy;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.SegmenterModel;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentationTrainingTest {
  private static final Stripes TRAIN = new Stripes(48, 40, 36, 1);
  private static final Stripes TEST = new Stripes(10, 50, 45, 2);

  @TempDir private Path folder;

  private static ModelDescription description(String head, Map<String, Object> arguments) {
    return new ModelDescription(
        "stripes",
        "vmamba_tiny_s1l8",
        Map.of("dims", 16, "depths", List.of(1, 1, 1, 1), "drop_path_rate", 0.0),
        new HeadDescription(head, arguments),
        Stripes.CLASSES,
        null,
        new FitInput(32, 64, 32, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
        Map.of());
  }

  private static SegmenterModel model() {
    Engine.getEngine("PyTorch").setRandomSeed(3);
    return SegmenterModel.create(
        description("semantic_fpn", Map.of("neck_channels", 16, "channels", 16)), Device.cpu());
  }

  private static SegmentationTraining training(SegmenterModel model, int epochs, Path out) {
    TrainingOptions options =
        new TrainingOptions(
            epochs,
            8,
            4e-3f,
            0.01f,
            0.5f,
            0f,
            TrainingOptions.PICTURES.augmentation(),
            Mixing.NONE,
            TrainingOptions.OptimizerKind.ADAMW,
            0f,
            FineTuning.NONE,
            0,
            7);
    return new SegmentationTraining(model, TRAIN, TEST, options, out, DataType.FLOAT32, 1);
  }

  private static Map<String, float[]> weights(SegmenterModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    StateDict.of(model.network()).forEach((name, array) -> weights.put(name, array.toFloatArray()));
    return weights;
  }

  @Test
  void learnsRectanglesAndKeepsWhatItLearned() throws Exception {
    List<EpochResult> history;
    SegmentationAccuracy trained;
    try (SegmenterModel model = model()) {
      history =
          training(model, 8, folder).run(false, 8, Map.of("of", "stripes"), TrainingListener.NONE);
      trained = SegmenterEvaluation.run(model, TEST, 2, done -> {});
    }
    EpochResult last = history.get(history.size() - 1);
    assertThat(last.trainAccuracy()).isBetween(0.9, 1.0);
    assertThat(last.testAccuracy()).isGreaterThan(0.8).isEqualTo(trained.meanIou());
    try (SemanticSegmenter segmenter = SemanticSegmenter.load(folder.toString())) {
      assertThat(segmenter.description().notes()).containsEntry("of", "stripes");
      SegmentationExample example = TEST.example(0);
      SegmentedPicture answer = segmenter.segment(example.picture());
      assertThat(answer.classes()).isEqualTo(Stripes.CLASSES);
      assertThat(answer.labels().width()).isEqualTo(50);
      assertThat(answer.labels().height()).isEqualTo(45);
      SegmentationAccuracy accuracy = new SegmentationAccuracy(Stripes.CLASSES);
      accuracy.add(example.labels(), answer.labels());
      assertThat(accuracy.pixelAccuracy()).isGreaterThan(0.9);
      segmenter.close();
      assertThatThrownBy(() -> segmenter.segment(example.picture()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("stripes");
    }
  }

  @Test
  void resumedIsAsUninterrupted() throws Exception {
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    Map<String, float[]> wanted;
    try (SegmenterModel model = model()) {
      training(model, 2, whole).run(false, 2, Map.of(), TrainingListener.NONE);
      wanted = weights(model);
    }
    try (SegmenterModel model = model()) {
      training(model, 2, cut).run(false, 1, Map.of(), TrainingListener.NONE);
    }
    try (SegmenterModel model = model()) {
      List<EpochResult> history =
          training(model, 2, cut).run(true, 2, Map.of(), TrainingListener.NONE);
      assertThat(history).hasSize(2);
      weights(model).forEach((name, got) -> assertThat(got).as(name).isEqualTo(wanted.get(name)));
    }
  }

  @Test
  void upernetIsAHeadToo() throws Exception {
    ModelDescription upernet = description("upernet", Map.of("channels", 8, "auxiliary_index", 2));
    try (SegmenterModel model = SegmenterModel.create(upernet, Device.cpu())) {
      training(model, 1, folder).run(false, 1, Map.of(), TrainingListener.NONE);
      assertThat(model.network().auxiliaryHead()).isPresent();
    }
  }

  @Test
  void picturesOfAnySizeAreAnswered() {
    try (SegmenterModel model = model()) {
      model.network().freezeParameters(true);
      for (int[] size : new int[][] {{1, 1}, {3, 200}, {700, 20}, {33, 31}}) {
        SegmentationExample example = new Stripes(1, size[0] + 1, size[1] + 1, 4).example(0);
        SegmentedPicture answer = SemanticSegmenter.segment(model, example.picture());
        assertThat(answer.labels().width()).isEqualTo(size[0] + 1);
        assertThat(answer.labels().height()).isEqualTo(size[1] + 1);
        int[] counts = answer.labels().counts();
        assertThat(counts[0] + counts[1] + counts[2]).isEqualTo((size[0] + 1) * (size[1] + 1));
      }
    }
  }

  /** Whoever reads it, and whether to learn or to measure. */
  @Test
  void aPictureThatCannotBeReadIsAnIoException() {
    SegmentationDataset gone =
        new SegmentationDataset() {
          @Override
          public int count() {
            return 3;
          }

          @Override
          public List<String> classNames() {
            return Stripes.CLASSES;
          }

          @Override
          public SegmentationExample example(int index) throws DataSetException {
            if (index == 1) {
              throw new DataSetException("picture 1 is gone", null);
            }
            return TRAIN.example(index);
          }

          @Override
          public String identity() {
            return "gone";
          }
        };
    try (SegmenterModel model = model()) {
      for (int workers : new int[] {1, 3}) {
        assertThatThrownBy(() -> SegmenterEvaluation.run(model, gone, workers, done -> {}))
            .isInstanceOf(DataSetException.class)
            .hasMessage("picture 1 is gone");
        SegmentationTraining training =
            new SegmentationTraining(
                model, gone, TEST, TrainingOptions.DENSE, folder, DataType.FLOAT32, workers);
        assertThatThrownBy(() -> training.run(false, 1, Map.of(), TrainingListener.NONE))
            .isInstanceOf(DataSetException.class)
            .hasMessage("picture 1 is gone");
      }
    }
  }

  @Test
  void whatDoesNotFitIsSaid() throws Exception {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SegmenterModel.create(description("retinanet", Map.of()), Device.cpu()))
        .withMessageContaining("retinanet");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                SegmenterModel.create(
                    description("semantic_fpn", Map.of("width", 3)), Device.cpu()))
        .withMessage(
            "semantic_fpn has no argument \"width\"; did you mean channels? It has channels,"
                + " neck_channels");
    assertThatThrownBy(() -> SemanticSegmenter.load(folder.resolve("gone").toString()))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("gone");
    Path junk = Files.writeString(folder.resolve("junk.safetensors"), "no weights");
    assertThatThrownBy(() -> SemanticSegmenter.load(junk.toString()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("junk.safetensors");
    try (SegmenterModel model = model()) {
      Stripes none = new Stripes(0, 40, 40, 1);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new SegmentationTraining(
                      model, TRAIN, none, TrainingOptions.PICTURES, folder, DataType.FLOAT32, 1))
          .withMessageContaining("48 and 0");
    }
  }
}
