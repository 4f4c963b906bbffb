package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.zoo.ModelCatalogue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private static final String PICTURE = "pictures/ankle-boot.png";

  @TempDir private Path folder;

  @Test
  void classifiesWithTheBundledModel() {
    CommandLineRun run = CommandLineRun.of("classify", PICTURE);
    assertThat(run.code()).isZero();
    assertThat(run.out().lines().toList()).hasSize(6);
    assertThat(run.out().lines().skip(1).findFirst().orElseThrow()).endsWith("Ankle boot");
  }

  @Test
  void verboseSaysWhereTheTimeGoes() {
    List<List<String>> commands =
        List.of(
            List.of("classify", PICTURE),
            List.of("detect", "pictures/scene.png"),
            List.of("segment", "pictures/scene.png"),
            List.of("restore", PICTURE, "--out", folder.resolve("out.png").toString()));
    for (List<String> command : commands) {
      List<String> words = new ArrayList<>(command);
      assertThat(CommandLineRun.of(words.toArray(String[]::new)).err()).doesNotContain(" ms");
      words.add("--verbose");
      CommandLineRun run = CommandLineRun.of(words.toArray(String[]::new));
      assertThat(run.code()).isZero();
      assertThat(run.errLines().stream().filter(line -> line.matches(".* [0-9,]+ ms")))
          .satisfiesExactly(
              line -> assertThat(line).startsWith("start of the JVM "),
              line -> assertThat(line).startsWith("start of the engine "),
              line -> assertThat(line).startsWith("model "),
              line -> assertThat(line).startsWith(command.get(1).replaceAll(".*/", "")));
    }
  }

  @Test
  void jsonIsOneObjectALine() {
    CommandLineRun run = CommandLineRun.of("classify", "--json", "--top", "2", PICTURE, PICTURE);
    assertThat(run.code()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(2);
    for (String line : lines) {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      assertThat(object.get("image").getAsString()).isEqualTo(PICTURE);
      assertThat(object.getAsJsonArray("classes")).hasSize(2);
      JsonObject best = object.getAsJsonArray("classes").get(0).getAsJsonObject();
      assertThat(best.keySet()).containsExactly("name", "probability");
      assertThat(best.get("name").getAsString()).isEqualTo("Ankle boot");
      assertThat(best.get("probability").getAsDouble()).isBetween(0.3, 1.0);
    }
  }

  @Test
  void badPicturesAreOneLineEachAndTheRestIsDone() throws Exception {
    Path text = Files.writeString(folder.resolve("text.png"), "no picture");
    byte[] whole = Files.readAllBytes(Path.of(PICTURE));
    Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(whole, whole.length / 2));
    CommandLineRun run =
        CommandLineRun.of(
            "classify", text.toString(), cut.toString(), folder.toString(), "gone.png", PICTURE);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(4).allMatch(line -> line.startsWith("visionmamba: "));
    assertThat(run.err()).contains("text.png", "cut.png", "gone.png").doesNotContain("Exception");
    assertThat(run.out()).contains("Ankle boot");
  }

  @Test
  void badModelsAreOneLine() throws Exception {
    Path junk = Files.write(folder.resolve("junk.safetensors"), new byte[] {1, 2, 3});
    for (String model : List.of("nonesuch", "vim_tiny", junk.toString(), folder.toString())) {
      CommandLineRun run = CommandLineRun.of("classify", "--model", model, PICTURE);
      assertThat(run.code()).as(model).isEqualTo(1);
      assertThat(run.errLines()).as(model).hasSize(1);
      assertThat(run.err()).startsWith("visionmamba: ").doesNotContain("Exception");
      assertThat(run.out()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bogus",
        "classify",
        "classify --top 0 x.png",
        "classify --top many x.png",
        "train --dataset fashion-mnist",
        "train --dataset fashion-mnist --data . --out never --until 0",
        "train --dataset fashion-mnist --data . --out never --limit -1",
        "evaluate --dataset cifar --data .",
        "benchmark --runs 0",
        "benchmark --size 0",
        "benchmark --size 20x",
        "benchmark --size x20",
        "benchmark --size 20x30x40"
      })
  void wrongUseExitsWithTwo(String line) {
    CommandLineRun run = CommandLineRun.of(line.isEmpty() ? new String[0] : line.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).isNotBlank().doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "classify",
        "detect",
        "segment",
        "train",
        "evaluate",
        "models",
        "scan-paths",
        "scenes",
        "benchmark"
      })
  void everyCommandHasHelp(String command) {
    CommandLineRun run =
        command.isEmpty() ? CommandLineRun.of("--help") : CommandLineRun.of(command, "--help");
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Usage: visionmamba");
  }

  @Test
  void modelsListsWhatThereIs() {
    CommandLineRun run = CommandLineRun.of("models");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(ModelCatalogue.DEFAULT, "bundled", "vim_base", "97,598,440", "224x224")
        .containsPattern("vim_tiny +Vim +7,148,008 +1\\.5\\d\\d G")
        .containsPattern(
            "mask_rcnn_vmamba_tiny_s1l8 +49,755,312 +2\\d\\d\\.\\d +800x1280 +to download"
                + " +coco_3x,\\s+coco_1x")
        .containsPattern("semantic_fpn_efficientvim_m4 +[0-9,]+ +[0-9.]+ +512x2048");
    assertFitsATerminal(run.out());
    String[] parts = run.out().split("\\R\\R");
    assertThat(parts).hasSize(5);
    assertThat(parts[0]).startsWith("Classifiers").contains("vim_tiny").doesNotContain("upernet");
    assertThat(parts[1]).startsWith("Segmenters").contains("upernet_vmamba_tiny_s1l8");
    assertThat(parts[2]).startsWith("Detectors").contains("retinanet_efficientvim_m4");
    assertThat(parts[3]).startsWith("Restorers").contains("mambair_light_x2");
  }

  private static void assertFitsATerminal(String text) {
    assertThat(text.lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100).doesNotEndWith(" "));
  }

  @Test
  void checkpointsAreListedByTask() {
    CommandLineRun run = CommandLineRun.of("models", "--checkpoints");
    assertThat(run.code()).isZero();
    assertFitsATerminal(run.out());
    assertThat(run.out().split("\\R\\R")).hasSize(4);
    assertThat(run.out())
        .containsPattern("mask_rcnn_vmamba_tiny_s1l8.coco_3x +MIT +.* box AP 48.8, mask AP 43.7");
  }

  @Test
  void modelsInJsonSayTheirTask() {
    CommandLineRun run = CommandLineRun.of("models", "--json");
    JsonObject detector =
        run.out()
            .lines()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .filter(row -> row.get("name").getAsString().equals("mask_rcnn_vmamba_tiny_s1l8"))
            .findFirst()
            .orElseThrow();
    assertThat(detector.get("task").getAsString()).isEqualTo("detect");
    assertThat(detector.get("family").getAsString()).isEqualTo("VMamba");
    assertThat(detector.get("parameters").getAsLong()).isEqualTo(49_755_312);
    assertThat(detector.get("height").getAsInt()).isEqualTo(800);
    assertThat(detector.get("width").getAsInt()).isEqualTo(1280);
  }

  @Test
  void benchmarkGivesTheKeysThatItPromises() {
    CommandLineRun run =
        CommandLineRun.of("benchmark", "--runs", "3", "--warmup", "0.1", "--batch", "2", "--json");
    assertThat(run.code()).isZero();
    JsonObject object = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(object.keySet())
        .containsExactly(
            "model",
            "size",
            "height",
            "width",
            "batch",
            "device",
            "precision",
            "runs",
            "median_ms",
            "min_ms",
            "images_per_s",
            "peak_rss_mb",
            "flops",
            "gemm_gflops",
            "floor_ms",
            "ratio");
    double median = object.get("median_ms").getAsDouble();
    assertThat(object.get("min_ms").getAsDouble()).isBetween(0.0, median);
    assertThat(object.get("floor_ms").getAsDouble())
        .isEqualTo(
            object.get("flops").getAsDouble() / object.get("gemm_gflops").getAsDouble() * 1e-6,
            org.assertj.core.api.Assertions.within(1e-9));
  }

  @Test
  void trainsAndEvaluates() throws Exception {
    Path data = FashionFiles.write(folder.resolve("data"));
    Path out = folder.resolve("out");
    CommandLineRun train =
        CommandLineRun.of(
            ("train --dataset fashion-mnist --model vim_micro --set depth=1 --set embed_dim=16"
                    + " --epochs 1 --batch 20 --data "
                    + data
                    + " --out "
                    + out)
                .split(" "));
    assertThat(train.err()).doesNotContain("visionmamba:");
    assertThat(train.code()).isZero();
    assertThat(out.resolve(ClassifierTraining.MODEL_FILE)).exists();
    CommandLineRun further =
        CommandLineRun.of(
            ("train --dataset fashion-mnist --set depth=1 --set embed_dim=16 --epochs 1 --half"
                    + " --data "
                    + data
                    + " --weights "
                    + out
                    + " --out "
                    + folder.resolve("further"))
                .split(" "));
    assertThat(further.code()).isZero();
    Path matrix = folder.resolve("matrix.png");
    CommandLineRun evaluate =
        CommandLineRun.of(
            ("evaluate --dataset fashion-mnist --data "
                    + data
                    + " --model "
                    + out
                    + " --matrix "
                    + matrix)
                .split(" "));
    assertThat(evaluate.code()).isZero();
    assertThat(evaluate.out()).contains("Ankle boot").contains("top-1 accuracy");
    assertThat(matrix).exists();
  }

  @Test
  void missingDataIsOneLine() {
    CommandLineRun run =
        CommandLineRun.of(
            "train", "--dataset", "fashion-mnist", "--data", "nowhere", "--out", "never");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(1);
    assertThat(Path.of("never")).doesNotExist();
  }
}
