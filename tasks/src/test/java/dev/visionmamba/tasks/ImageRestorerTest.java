package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import dev.visionmamba.tasks.cli.Main;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.Levels;
import dev.visionmamba.tasks.restoration.MemoryBudgetException;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageRestorerTest {
  @TempDir private Path folder;

  /** A small decoder on a small VMamba; untrained, it gives the picture or the bicubic one. */
  private static RestorerModel model(int scale, int channels, float moved) {
    Map<String, Object> head =
        scale == 1
            ? Map.of("channels", 4)
            : Map.of("channels", 4, "upscale", scale, "upsampler", "pixelshuffledirect");
    RestorerModel model =
        RestorerModel.create(
            new ModelDescription(
                "small",
                "vmamba_micro",
                Map.of(
                    "dims",
                    8,
                    "depths",
                    List.of(1),
                    "out_indices",
                    List.of(0),
                    "in_chans",
                    channels),
                new HeadDescription("pyramid_decoder", head),
                Map.of()),
            Device.cpu());
    for (Parameter parameter : model.network().getParameters().values()) {
      parameter.getArray().addi(moved);
    }
    model.network().freezeParameters(true);
    return model;
  }

  private static DeepImage picture(int width, int height, int colours, boolean alpha, int bits) {
    int channels = colours + (alpha ? 1 : 0);
    Levels levels = Levels.allocate(bits, (long) width * height * channels);
    for (int i = 0; i < levels.length(); i++) {
      double wave = Math.sin(0.05 * (i / channels)) + Math.cos(0.11 * i);
      levels.set(i, (int) (levels.max() * (0.5 + 0.2 * wave)));
    }
    return new DeepImage(width, height, colours, alpha, levels);
  }

  @ParameterizedTest
  @CsvSource({"1, true, 8", "3, false, 16", "3, true, 8", "3, true, 16", "1, false, 16"})
  void coloursDepthAndAlphaStay(int colours, boolean alpha, int bits) {
    DeepImage picture = picture(19, 13, colours, alpha, bits);
    for (int channels : new int[] {1, 3}) {
      try (ImageRestorer restorer = ImageRestorer.of(model(1, channels, 0))) {
        assertThat(restorer.restore(picture)).isEqualTo(picture);
      }
    }
    try (ImageRestorer restorer = ImageRestorer.of(model(2, 3, 0))) {
      assertThat(restorer.scale()).isEqualTo(2);
      DeepImage restored = restorer.restore(picture);
      DeepImage bicubic = picture.resize(38, 26, Interpolation.BICUBIC);
      assertThat(restored.toString()).isEqualTo(bicubic.toString());
      // Rounding by PIL's fixed point, and between its two steps.
      int rounding = bits == 8 ? 1 : 8;
      for (int y = 0; y < 22; y++) { // the network sees the picture mirrored beyond its edge
        for (int x = 0; x < 34; x++) {
          for (int c = 0; c < bicubic.channels(); c++) {
            int wanted = bicubic.level(x, y, c);
            assertThat(restored.level(x, y, c)).isBetween(wanted - rounding, wanted + rounding);
          }
        }
      }
    }
  }

  @Test
  void tilesAndThreadsGiveTheSamePicture() throws Exception {
    DeepImage picture = picture(72, 44, 3, false, 8); // multiples of the stride
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (ImageRestorer restorer = ImageRestorer.of(model(1, 3, 0.02f))) {
      DeepImage whole = restorer.restore(picture);
      assertThat(whole).isNotEqualTo(picture);
      List<Integer> told = new ArrayList<>();
      RestorerOptions tiles = RestorerOptions.DEFAULT.withTiles(40, 16);
      DeepImage tiled = restorer.restore(picture, tiles, (done, all) -> told.add(done * 100 + all));
      assertThat(told).containsExactly(104 + 2, 206, 306, 406, 506, 606);
      assertThat(tiled.toString()).isEqualTo(whole.toString());
      List<Future<DeepImage>> answers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        answers.add(threads.submit(() -> restorer.restore(picture)));
      }
      for (Future<DeepImage> answer : answers) {
        assertThat(answer.get()).isEqualTo(whole);
      }
      DeepImage ensemble =
          restorer.restore(picture, RestorerOptions.DEFAULT.withEnsemble(true), (d, a) -> {});
      DeepImage turned =
          restorer.restore(
              picture.turned(6), RestorerOptions.DEFAULT.withEnsemble(true), (d, a) -> {});
      // An ensemble does not care how a picture is turned.
      DeepImage back = turned.turned(8);
      for (int i = 0; i < back.levels().length(); i++) {
        assertThat(back.levels().get(i))
            .isBetween(ensemble.levels().get(i) - 1, ensemble.levels().get(i) + 1);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aBudgetIsKeptOrRefused() {
    DeepImage picture = picture(300, 200, 3, false, 8);
    try (ImageRestorer restorer = ImageRestorer.of(model(1, 3, 0.02f))) {
      assertThat(restorer.bytesPerPixel()).isBetween(2L << 10, 96L << 10);
      RestorerOptions options = RestorerOptions.DEFAULT;
      assertThatThrownBy(
              () -> restorer.restore(picture, options.withMemory(1_000_000), (d, a) -> {}))
          .isInstanceOf(MemoryBudgetException.class)
          .hasMessageContaining("a picture of 300x200 pixels")
          .hasMessageContaining("1,000,000");
      long enough = 64L << 30;
      DeepImage whole = restorer.restore(picture, options, (d, a) -> {});
      assertThat(restorer.restore(picture, options.withMemory(enough), (d, a) -> {}))
          .isEqualTo(whole);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RestorerOptions.DEFAULT.withTiles(40, 21))
        .withMessageContaining("40");
  }

  @Test
  void aClosedRestorerSaysSo() {
    ImageRestorer restorer = ImageRestorer.of(model(1, 3, 0));
    restorer.close();
    restorer.close();
    assertThatThrownBy(() -> restorer.restore(picture(8, 8, 3, false, 8)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("restorer small is closed");
    assertThat(restorer.description().name()).isEqualTo("small");
  }

  @Test
  void theCommandRestoresAndCompares() throws Exception {
    Path file = folder.resolve("model.safetensors");
    try (RestorerModel model = model(2, 3, 0)) {
      model.save(file, model.description(), DataType.FLOAT16);
    }
    Path image = folder.resolve("small.png");
    picture(24, 17, 3, true, 8).write(image);
    Path large = folder.resolve("large.png");
    Path both = folder.resolve("both.png");
    assertThat(
            Main.run(
                "restore",
                "--model",
                file.toString(),
                "--out",
                large.toString(),
                "--compare",
                both.toString(),
                "--tile",
                "24",
                "--overlap",
                "4",
                image.toString()))
        .isZero();
    assertThat(DeepImage.read(large).toString()).isEqualTo("DeepImage[48x34, RGB+alpha, 8 bits]");
    assertThat(Files.size(both)).isPositive();
    assertThat(
            Main.run(
                "restore",
                "--model",
                file.toString(),
                "--out",
                large.toString(),
                "--memory",
                "1MB",
                image.toString()))
        .isEqualTo(1);
    assertThat(
            Main.run(
                "restore",
                "--model",
                file.toString(),
                "--out",
                large.toString(),
                "--memory",
                "x",
                image.toString()))
        .isEqualTo(2);
  }
}
