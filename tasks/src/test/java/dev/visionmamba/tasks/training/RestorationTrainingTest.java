package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.restoration.pyramid.PyramidRestorer;
import dev.visionmamba.tasks.DenseModels;
import dev.visionmamba.tasks.cli.Main;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Levels;
import dev.visionmamba.tasks.metrics.ComparedChannels;
import dev.visionmamba.tasks.metrics.Psnr;
import dev.visionmamba.tasks.restoration.Degradation;
import dev.visionmamba.tasks.training.RestorationSettings.LossKind;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestorationTrainingTest {
  @TempDir private Path folder;

  private Path data;

  /** Soft stripes in all directions. */
  @BeforeEach
  void paint() throws IOException {
    data = Files.createDirectories(folder.resolve("pictures"));
    for (int i = 0; i < 4; i++) {
      Levels levels = Levels.allocate(8, 40L * 36 * 3);
      for (int p = 0; p < levels.length(); p++) {
        int x = p / 3 % 40;
        int y = p / 120;
        levels.set(p, (int) (127 + 90 * Math.sin(0.3 * (x * (i - 1) + y * (2 - i)) + p % 3)));
      }
      new DeepImage(40, 36, 3, false, levels).write(data.resolve("stripes" + i + ".png"));
    }
  }

  private static RestorerModel model(int scale) {
    Engine.getEngine("PyTorch").setRandomSeed(5);
    return RestorerModel.create(
        new ModelDescription(
            "small",
            "vmamba_micro",
            Map.of("dims", 8, "depths", List.of(1), "out_indices", List.of(0)),
            new HeadDescription(
                "pyramid_decoder",
                scale == 1
                    ? Map.of("channels", 8)
                    : Map.of("channels", 8, "upscale", scale, "upsampler", "pixelshuffledirect")),
            Map.of()),
        Device.cpu());
  }

  private static TrainingOptions options(int epochs) {
    TrainingOptions base = TrainingOptions.RESTORATION;
    return new TrainingOptions(
        epochs,
        8,
        5e-3f,
        0f,
        0.2f,
        0f,
        base.augmentation(),
        base.mixing(),
        base.optimizer(),
        0f,
        base.tuning(),
        0,
        1);
  }

  private List<EpochResult> train(RestorerModel model, Path out, boolean resume, int until)
      throws Exception {
    PictureFolder.Parts parts = PictureFolder.split(data, 0.25, 3, 3);
    RestorationSettings settings =
        new RestorationSettings(Degradation.of("noise25"), 16, 16, LossKind.CHARBONNIER);
    return new RestorationTraining(
            model,
            parts.train(),
            parts.validation(),
            settings,
            options(3),
            out,
            DataType.FLOAT32,
            1)
        .run(resume, until, Map.of("made", "by a test"), TrainingListener.NONE);
  }

  @Test
  void noiseIsTakenOffAndAnInterruptionChangesNothing() throws Exception {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    List<EpochResult> history;
    try (RestorerModel model = model(1)) {
      history = train(model, whole, false, 3);
    }
    try (RestorerModel model = model(1)) {
      train(model, parts, false, 1);
    }
    try (RestorerModel model = model(1)) {
      train(model, parts, true, 3);
    }
    assertThat(Files.readAllBytes(parts.resolve(ModelCatalogue.MODEL_FILE)))
        .isEqualTo(Files.readAllBytes(whole.resolve(ModelCatalogue.MODEL_FILE)));
    assertThat(Files.readString(whole.resolve("metrics.csv"))).contains("train_psnr,test_psnr");
    assertThat(history.get(2).trainLoss()).isLessThan(history.get(0).trainLoss());
    try (RestorerModel trained = ModelCatalogue.loadRestorer(whole.toString(), Device.cpu())) {
      RestorationScore score =
          RestorerEvaluation.run(
              trained,
              PictureFolder.split(data, 0.25, 3, 3).validation(),
              Degradation.of("noise25"),
              Integer.MAX_VALUE,
              2,
              done -> {});
      assertThat(score.pictures()).isEqualTo(1);
      assertThat(score.badPsnr()).isBetween(19.8, 20.8); // 20 log10(255 / 25) is 20.2
      assertThat(score.gain()).isGreaterThan(1);
      assertThat(history.get(2).testAccuracy()).isEqualTo(score.psnr() / 100);
      assertThat(trained.description().notes().get("test PSNR"))
          .isEqualTo(String.format(java.util.Locale.ROOT, "%.2f dB", score.psnr()));
    }
  }

  /** What a batch shows is what the degradation makes of the good piece. */
  @ParameterizedTest
  @ValueSource(strings = {"x2", "x3", "jpeg40", "noise15"})
  void batchesArePairs(String name) throws Exception {
    PictureFolder pictures = PictureFolder.open(data, 3);
    Degradation degradation = Degradation.of(name);
    int scale = degradation.scale();
    RestorationSettings settings = new RestorationSettings(degradation, 8, 2, LossKind.L1);
    float[][] first = new float[2][];
    for (int threads = 1; threads <= 2; threads++) {
      try (NDManager manager = NDManager.newBaseManager();
          RestorationBatches batches =
              new RestorationBatches(
                  pictures,
                  settings,
                  options(2),
                  new int[] {0, 3, 4, 7},
                  new SplittableRandom(9),
                  threads)) {
        RestorationBatches.Batch batch = batches.next(manager);
        assertThat(batch.bad().getShape()).isEqualTo(new Shape(4, 3, 8, 8));
        assertThat(batch.good().getShape()).isEqualTo(new Shape(4, 3, 8L * scale, 8L * scale));
        first[threads - 1] = batch.bad().toFloatArray();
        NDArray mean =
            batch.good().reshape(4, 3, 8, scale, 8, scale).mean(new int[] {3}).mean(new int[] {4});
        float apart = batch.bad().sub(mean).square().mean().sqrt().getFloat();
        assertThat(apart).isLessThan(0.08f).isGreaterThan(1e-4f);
      }
    }
    assertThat(first[1]).isEqualTo(first[0]);
  }

  @Test
  void degradationsAreWhatTheySay() throws Exception {
    DeepImage picture = PictureFolder.open(data, 3).picture(1);
    DeepImage noisy = Degradation.of("noise25").apply(picture, new Random(1));
    assertThat(Psnr.of(noisy, picture, ComparedChannels.COLOURS, 0)).isBetween(19.8, 20.8);
    assertThat(Degradation.of("noise25").apply(picture, new Random(1))).isEqualTo(noisy);
    DeepImage small = Degradation.of("x4").apply(picture, new Random(1));
    assertThat(small.toString()).isEqualTo("DeepImage[10x9, RGB, 8 bits]");
    double fine =
        Psnr.of(
            Degradation.of("jpeg95").apply(picture, new Random(1)),
            picture,
            ComparedChannels.COLOURS,
            0);
    double coarse =
        Psnr.of(
            Degradation.of("jpeg10").apply(picture, new Random(1)),
            picture,
            ComparedChannels.COLOURS,
            0);
    assertThat(fine).isGreaterThan(coarse + 2);
    DeepImage grey = PictureFolder.open(data, 1).picture(1);
    assertThat(Degradation.of("jpeg40").apply(grey, new Random(1)).toString())
        .isEqualTo(grey.toString());
    assertThat(Degradation.of("X2")).hasToString("x2");
  }

  @ParameterizedTest
  @CsvSource({"x1", "noise0", "jpeg101", "blur3", "x", "noise999"})
  void degradationsThatAreNoneAreRefused(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> Degradation.of(name));
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    PictureFolder pictures = PictureFolder.open(data, 3);
    try (RestorerModel model = model(1)) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new RestorationTraining(
                      model,
                      pictures,
                      pictures,
                      RestorationSettings.of(Degradation.of("x2")),
                      options(2),
                      folder,
                      DataType.FLOAT32,
                      1))
          .withMessageContaining("scale of 2, but small has 1");
    }
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> PictureFolder.open(empty, 3))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("has no pictures");
  }

  /** From a segmenter to a restorer, and from that to another. */
  @Test
  void theCommandGoesOnFromModelsOfAnyTask() throws Exception {
    Path segmenter = DenseModels.save(DenseModels.segmenter(), folder.resolve("s.safetensors"));
    Path first = folder.resolve("first");
    List<String> train =
        List.of(
            "train --task restore --degradation noise10 --epochs 1 --pieces 2 --patch 32 --batch 4"
                .split(" "));
    List<String> words = new ArrayList<>(train);
    words.addAll(List.of("--data", data.toString(), "--from", segmenter.toString()));
    words.addAll(List.of("--out", first.toString(), "--head-only", "--set-head", "channels=4"));
    assertThat(Main.run(words.toArray(String[]::new))).isZero();
    try (SegmenterModel old = ModelCatalogue.loadSegmenter(segmenter.toString(), Device.cpu());
        RestorerModel model = ModelCatalogue.loadRestorer(first.toString(), Device.cpu())) {
      assertThat(model.description().notes()).containsEntry("tuned from", "tiny_semantic_fpn");
      Map<String, NDArray> weights = StateDict.of(old.network().backbone());
      StateDict.of(((PyramidRestorer) model.network()).backbone())
          .forEach(
              (name, array) ->
                  assertThat(array.toFloatArray())
                      .as(name)
                      .isEqualTo(weights.get(name).toFloatArray()));
    }
    words = new ArrayList<>(train);
    words.addAll(List.of("--data", data.toString(), "--from", first.toString()));
    words.addAll(List.of("--out", folder.resolve("second").toString()));
    assertThat(Main.run(words.toArray(String[]::new))).isZero();
    words.addAll(List.of("--set-head", "channels=8"));
    assertThat(Main.run(words.toArray(String[]::new))).isEqualTo(2);
  }

  @Test
  void theCommandsTrainAndMeasure() {
    Path out = folder.resolve("out");
    String[] train = {
      "train",
      "--task",
      "restore",
      "--degradation",
      "x2",
      "--data",
      data.toString(),
      "--set",
      "dims=8",
      "--set",
      "depths=1,",
      "--set",
      "out_indices=0,",
      "--set-head",
      "channels=4",
      "--epochs",
      "1",
      "--pieces",
      "2",
      "--patch",
      "8",
      "--batch",
      "4",
      "--half",
      "--out",
      out.toString()
    };
    assertThat(Main.run(train)).isZero();
    assertThat(out.resolve("model.safetensors")).exists();
    assertThat(Main.run("evaluate", "--model", out.toString(), "--data", data.toString())).isZero();
    assertThat(
            Main.run(
                "evaluate",
                "--model",
                out.toString(),
                "--degradation",
                "x3",
                "--data",
                data.toString()))
        .isEqualTo(1);
    assertThat(Main.run("train", "--task", "restore", "--data", data.toString(), "--out", "a"))
        .isEqualTo(2);
  }
}
