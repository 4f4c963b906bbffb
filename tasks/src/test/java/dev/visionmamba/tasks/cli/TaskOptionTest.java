package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.tasks.Shapes;
import dev.visionmamba.tasks.training.FashionScenes;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said where task, data, head and model do not go together. */
class TaskOptionTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --task segment --dataset coco | --dataset coco is not for segment; data sets for"
            + " that: fashion-scenes and masks",
        "train --task detect --dataset folder | data sets for that: fashion-scenes and coco",
        "train --task classify --dataset masks | data sets for that: folder and fashion-mnist",
        "train --dataset fashion-scenes | is for segment and detect; say by --task which it is",
        "train --dataset masks --head retinanet | --head names one for detect, not for segment;"
            + " heads for that: semantic_fpn, upernet",
        "train --head yolo | --head: no head \"yolo\"; segment has semantic_fpn and upernet, detect"
            + " has mask_rcnn and retinanet",
        "train --dataset fashion-scenes --task segment --mixup 0.2 --crop 0.5 | --crop, --mixup:"
            + " for classifiers only",
        "train --dataset fashion-scenes --task detect --scenes 0 | --scenes must be at least 1",
        "train --dataset masks --model vmamba_micro --from vim_micro.fashion_mnist | leave out"
            + " --model",
        "train --dataset masks --model vim_micro | vim_micro takes pictures of 1 channel",
        "train --dataset masks --validation 2 | --validation must be above 0 and below 1",
        "train --set-head channels=4 | are for --task segment and detect",
        "evaluate --task segment --model vim_micro.fashion_mnist | --task segment does not suit"
            + " vim_micro.fashion_mnist, which is for classify",
        "evaluate --dataset coco --model vim_micro.fashion_mnist | --dataset coco is not for"
            + " classify",
        "evaluate --json found.json | --json is for detect",
        "evaluate --limit 0 | --limit must be at least 1"
      })
  void whatDoesNotGoTogetherIsWrongUse(String line, String message) throws Exception {
    Path garments = FashionFiles.write(folder.resolve("garments"));
    Path data = garments;
    if (line.contains("masks")) {
      FashionScenes scenes = FashionScenes.train(garments, 2, 1);
      data = SceneFiles.masks(folder.resolve("masks"), scenes, scenes.pixelClassNames());
    } else if (line.contains("--set-head")) {
      data = Shapes.write(folder.resolve("shapes"), 3, 1);
    }
    String out = line.startsWith("train") ? " --out " + folder.resolve("out") : "";
    CommandLineRun run = CommandLineRun.of((line + out + " --data " + data).split(" +"));
    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(2);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void missingDataIsOneLine() {
    CommandLineRun masks =
        CommandLineRun.of(
            "train", "--task", "segment", "--data", "nowhere", "--out", folder.toString());
    assertThat(masks.code()).isEqualTo(1);
    assertThat(masks.errLines()).hasSize(1);
    assertThat(masks.err()).contains("there is no folder nowhere", "--data");
    CommandLineRun coco =
        CommandLineRun.of(
            "train", "--task", "detect", "--data", "nowhere", "--out", folder.toString());
    assertThat(coco.code()).isEqualTo(1);
    assertThat(coco.errLines()).hasSize(1);
    assertThat(coco.err()).contains("there is no folder nowhere", "--data");
    CommandLineRun empty =
        CommandLineRun.of(("train --task detect --out never --data " + folder).split(" "));
    assertThat(empty.code()).isEqualTo(1);
    assertThat(empty.err()).contains("instances_train2017.json", "--annotations");
    CommandLineRun file =
        CommandLineRun.of(
            "evaluate", "--model", "nothing.safetensors", "--data", folder.toString());
    assertThat(file.code()).isEqualTo(1);
    assertThat(file.err()).contains("nothing.safetensors");
  }
}
