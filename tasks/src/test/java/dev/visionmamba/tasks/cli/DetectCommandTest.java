package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.metrics.AveragePrecision;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.FashionScenes;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.ModelCatalogue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} and {@code evaluate} of detectors. */
class DetectCommandTest {
  private static final String SMALL =
      " --set-head neck_channels=8 --set-head proposals=50 --set-head max_per_image=10"
          + " --set-head fc_channels=16 --set-head mask_channels=8 --set-head score_threshold=0"
          + " --epochs 1 --batch 2 --workers 1 ";

  @TempDir private Path folder;

  private static CommandLineRun succeed(String line, Object... paths) {
    List<String> words = new ArrayList<>(List.of(line.trim().split(" +")));
    for (Object path : paths) {
      words.add(path.toString());
    }
    CommandLineRun run = CommandLineRun.of(words.toArray(new String[0]));
    assertThat(run.err()).doesNotContain("visionmamba:");
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  @Test
  void learnsFromCocoAndWritesWhatItFinds() throws Exception {
    Path garments = FashionFiles.write(folder.resolve("garments"));
    Path data = folder.resolve("coco");
    SceneFiles.coco(data, "train2017", FashionScenes.train(garments, 4, 1));
    SceneFiles.coco(data, "val2017", FashionScenes.train(garments, 3, 2));
    Files.delete(data.resolve("val2017/000001.png"));
    Path out = folder.resolve("out");
    CommandLineRun trained =
        succeed(
            "train --dataset coco --set dims=8 --shorter-side 128 --longer-side 128"
                + SMALL
                + "--out "
                + out
                + " --data",
            data);
    assertThat(trained.err()).contains("1 of the 3 pictures of ", "are missing and are skipped");
    assertThat(trained.out())
        .contains("vmamba_micro.coco: ", "4 training and 2 test images")
        .containsPattern("test box AP .*, AP50 .*; mask AP .*, AP50 .* after 1 epochs");
    assertThat(Files.readAllLines(out.resolve(ClassifierTraining.METRICS_FILE)).get(0))
        .contains("test_box_ap50")
        .doesNotContain("test_accuracy");

    Path json = folder.resolve("found.json");
    CommandLineRun measured =
        succeed("evaluate --json " + json + " --model " + out + " --data", data);
    assertThat(measured.out())
        .contains("by box, in percent", "by mask, in percent", "AR, 100 detections")
        .contains("AP75", "AP medium", "Trouser", "of 2 pictures", "detections are in " + json);
    CocoDataset truth = CocoDataset.read(data.resolve("annotations/instances_val2017.json"));
    CocoResults results = CocoResults.read(json, truth);
    assertThat(results.results()).isNotEmpty().allMatch(result -> result.mask() != null);
    assertThat(results.results()).extracting(CocoResult::imageId).containsOnly(0L, 2L);
    // The file measures as the command did, but for the picture that is missing.
    CocoDataset present =
        CocoDataset.of(
            List.of(truth.image(0), truth.image(2)),
            truth.categories(),
            concat(truth.annotations(0), truth.annotations(2)));
    double ap50 = AveragePrecision.of(Overlap.BOXES, present, results).ap50();
    assertThat(measured.out()).contains(String.format(Locale.ROOT, "AP50 %.2f%%;", 100 * ap50));
  }

  private static <T> List<T> concat(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  @Test
  void aSegmentersBackboneStartsADetector() throws Exception {
    Path garments = FashionFiles.write(folder.resolve("garments"));
    Path segmenter = folder.resolve("segmenter");
    String scenes = "train --dataset fashion-scenes --scenes 2 --limit 2 --epochs 1 --workers 1 ";
    succeed(
        scenes
            + "--task segment --set dims=8 --set-head neck_channels=8 --set-head channels=8 --out "
            + segmenter
            + " --data",
        garments);
    Path detector = folder.resolve("detector");
    CommandLineRun run =
        succeed(
            scenes
                + "--head retinanet --set-head neck_channels=8 --set-head convolutions=1"
                + " --set-head strides=4,8,16,32 --head-only --from "
                + segmenter
                + " --out "
                + detector
                + " --data",
            garments);
    assertThat(run.out())
        .containsPattern("test box AP .*, AP50 .* after 1 epochs")
        .doesNotContain("mask AP");
    try (DetectorModel model = ModelCatalogue.loadDetector(detector.toString(), Device.cpu())) {
      assertThat(model.description().head().name()).isEqualTo("retinanet");
      assertThat(model.description().arguments()).containsKey("dims");
      assertThat(model.description().classes()).hasSize(10).contains("Ankle boot");
      assertThat(model.description().fit().shorterSide()).isEqualTo(128);
    }
  }

  @Test
  void samplesAreMaskRcnnsAndAtLeastOne() throws Exception {
    Path garments = FashionFiles.write(folder.resolve("garments"));
    String scenes =
        "train --task detect --dataset fashion-scenes --scenes 2 --limit 2 --set dims=8"
            + SMALL
            + "--out "
            + folder.resolve("out")
            + " --data "
            + garments;
    CommandLineRun none = CommandLineRun.of((scenes + " --region-samples 0").split(" +"));
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("--region-samples must be at least 1, got 0");
    CommandLineRun other =
        CommandLineRun.of(
            "train --dataset fashion-scenes --scenes 2 --limit 2 --set dims=8 --head retinanet"
                .concat(" --proposals 9 --out " + folder.resolve("out") + " --data " + garments)
                .split(" +"));
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("--proposals are for mask_rcnn alone");
    CommandLineRun few = succeed(scenes + " --anchor-samples 8 --region-samples 4 --proposals 10");
    assertThat(few.out()).contains("test box AP");
  }
}
