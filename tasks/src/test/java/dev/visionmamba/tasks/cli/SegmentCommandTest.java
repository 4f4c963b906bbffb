package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.training.Augmentation;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.FashionScenes;
import dev.visionmamba.tasks.training.FineTuning;
import dev.visionmamba.tasks.training.Mixing;
import dev.visionmamba.tasks.training.SegmentationTraining;
import dev.visionmamba.tasks.training.TrainingListener;
import dev.visionmamba.tasks.training.TrainingOptions;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.SegmenterModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} and {@code evaluate} of segmenters. */
class SegmentCommandTest {
  private static final String SMALL =
      " --set dims=8 --set-head neck_channels=8 --set-head channels=8 --epochs 1 --batch 4"
          + " --workers 1 ";

  @TempDir private Path folder;

  private static CommandLineRun run(String line, Object... paths) {
    List<String> words = new ArrayList<>(List.of(line.trim().split(" +")));
    for (Object path : paths) {
      words.add(path.toString());
    }
    return CommandLineRun.of(words.toArray(new String[0]));
  }

  private static CommandLineRun succeed(String line, Object... paths) {
    CommandLineRun run = run(line, paths);
    assertThat(run.err()).doesNotContain("visionmamba:");
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  @Test
  void trainsAsTheSameTrainingInJavaDoes() throws Exception {
    Path data = FashionFiles.write(folder.resolve("data"));
    Path out = folder.resolve("out");
    CommandLineRun run =
        succeed(
            "train --task segment --dataset fashion-scenes --scenes 8 --scene-seed 5 --limit 8"
                + SMALL
                + "--optimizer muon --learning-rate 0.004 --seed 3 --data "
                + data
                + " --out "
                + out);
    assertThat(run.out())
        .contains("vmamba_micro.fashion_scenes: ", "8 training and 8 test images")
        .containsPattern("test mIoU \\d+\\.\\d\\d%, pixel accuracy \\d+\\.\\d\\d% after 1 epochs");
    assertThat(Files.readAllLines(out.resolve(ClassifierTraining.METRICS_FILE)).get(0))
        .isEqualTo(
            "epoch,train_loss,train_pixel_accuracy,test_miou,learning_rate,seconds,images_per_s");
    assertThat(out.resolve(ClassifierTraining.CURVES_FILE)).exists();
    assertThat(out.resolve("confusion.png")).doesNotExist();

    FashionScenes train = FashionScenes.train(data, 8, 5);
    Engine.getEngine("PyTorch").setRandomSeed(3);
    ModelDescription description =
        new ModelDescription(
            "scenes",
            "vmamba_tiny_s1l8",
            Map.of("dims", 8, "depths", List.of(1, 1, 2, 1), "drop_path_rate", 0.0),
            new HeadDescription("semantic_fpn", Map.of("neck_channels", 8, "channels", 8)),
            train.pixelClassNames(),
            null,
            new FitInput(
                128, 2048, 32, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f)),
            Map.of());
    TrainingOptions options =
        new TrainingOptions(
            1,
            4,
            0.004f,
            0.05f,
            0.5f,
            0f,
            new Augmentation(0, true, 1, 0),
            Mixing.NONE,
            TrainingOptions.OptimizerKind.MUON,
            0f,
            FineTuning.NONE,
            0,
            3);
    try (SegmenterModel wanted = SegmenterModel.create(description, Device.cpu());
        SegmenterModel got = ModelCatalogue.loadSegmenter(out.toString(), Device.cpu())) {
      new SegmentationTraining(
              wanted,
              train.segmentation(),
              FashionScenes.test(data).segmentation().first(2),
              options,
              folder.resolve("java"),
              DataType.FLOAT32,
              1)
          .run(false, 1, Map.of(), TrainingListener.NONE);
      assertThat(got.description().notes())
          .containsKeys("command", "test mIoU")
          .doesNotContainKey("test accuracy");
      Map<String, NDArray> weights = StateDict.of(got.network());
      StateDict.of(wanted.network())
          .forEach(
              (name, weight) ->
                  assertThat(weights.get(name).toFloatArray())
                      .as(name)
                      .isEqualTo(weight.toFloatArray()));
    }
  }

  @Test
  void masksOfAFolderStartFromATrainedModel() throws Exception {
    Path garments = FashionFiles.write(folder.resolve("garments"));
    FashionScenes scenes = FashionScenes.train(garments, 10, 2);
    List<String> names = new ArrayList<>(scenes.pixelClassNames());
    Path data = SceneFiles.masks(folder.resolve("My masks"), scenes, names);
    Path first = folder.resolve("first");
    CommandLineRun run =
        succeed(
            "train --dataset masks --shorter-side 96" + SMALL + "--out " + first + " --data", data);
    assertThat(run.out())
        .contains("vmamba_micro.my_masks: ", "8 training and 2 test images", "test mIoU");

    // Other names for the classes: what depends on them starts anew, all else goes on.
    names.replaceAll(name -> "a " + name);
    SceneFiles.masks(data, scenes, names);
    Path second = folder.resolve("second");
    succeed(
        "train --epochs 1 --head-only --no-flip --from " + first + " --out " + second + " --data",
        data);
    try (SegmenterModel before = ModelCatalogue.loadSegmenter(first.toString(), Device.cpu());
        SegmenterModel after = ModelCatalogue.loadSegmenter(second.toString(), Device.cpu())) {
      assertThat(after.description().classes()).isEqualTo(names);
      assertThat(after.description().fit()).isEqualTo(before.description().fit());
      assertThat(after.description().fit().shorterSide()).isEqualTo(96);
      assertThat(after.description().notes()).containsKey("tuned from");
      Map<String, NDArray> weights = StateDict.of(before.network().backbone());
      StateDict.of(after.network().backbone())
          .forEach(
              (name, weight) ->
                  assertThat(weight.toFloatArray())
                      .as(name)
                      .isEqualTo(weights.get(name).toFloatArray()));
    }

    CommandLineRun all = succeed("evaluate --model " + second + " --data", data);
    assertThat(all.out())
        .contains("a Trouser", "IoU", "accuracy", "F1")
        .containsPattern("mIoU \\d+\\.\\d\\d%, pixel accuracy .* mean F1 .* of 10 pictures");
    CommandLineRun aside = succeed("evaluate --set-aside --model " + second + " --data", data);
    assertThat(aside.out()).contains("of 2 pictures");
    CommandLineRun other = run("evaluate --model " + first + " --data", data);
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("must be the data set's", "a background");
  }
}
