package dev.visionmamba.heads.restoration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.restoration.Restorers.Task;
import dev.visionmamba.heads.restoration.layers.Padding;
import dev.visionmamba.heads.restoration.mambair.MambaIRConfig;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNetConfig;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2Config;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RestorersTest {
  private static final Map<String, Object> SMALL =
      Map.of("embed_dim", 30, "depths", List.of(1, 2), "d_state", 3);

  private static final Map<String, Object> SMALL_V2 =
      Map.of(
          "embed_dim",
          12,
          "depths",
          List.of(2),
          "num_heads",
          List.of(2),
          "window_size",
          4,
          "num_tokens",
          5);

  /** Of the papers' tables of lightweight super-resolution, for outputs of 1280x720. */
  @ParameterizedTest
  @CsvSource({
    "mambair_light_x2, 905, 334.2",
    "mambair_light_x3, 913, 148.5",
    "mambair_light_x4, 924, 84.6",
    "mambairv2_light_x2, 774, 286.3",
    "mambairv2_light_x3, 781, 126.7",
    "mambairv2_light_x4, 790, 75.6"
  })
  void lightweightNetworksHaveThePublishedSizes(String name, long thousands, double giga) {
    Restorer network = Restorers.create(name);
    assertThat(Math.round(network.parameterCount() / 1e3)).isEqualTo(thousands);
    int scale = network.scale();
    assertThat(network.multiplyAdds(720 / scale, 1280 / scale) / 1e9)
        .isCloseTo(giga, withinPercentage(4));
  }

  @ParameterizedTest
  @CsvSource({
    "MambaIR_light3, mambair_light_x3, 3, 3, SUPER_RESOLUTION",
    "MambaIR_SR4, mambair_sr_x4, 4, 3, SUPER_RESOLUTION",
    "mambair_colordn, mambair_colordn, 1, 3, GAUSSIAN_DENOISING",
    "mambair_car, mambair_car, 1, 1, JPEG_ARTIFACTS",
    "MambaIR_realDN, mambair_realdn, 1, 3, REAL_DENOISING",
    "MambaIRv2_SR2, mambairv2_sr_x2, 2, 3, SUPER_RESOLUTION",
    "mambairv2_srlarge_x3, mambairv2_srlarge_x3, 3, 3, SUPER_RESOLUTION",
    "mambairv2_car, mambairv2_car, 1, 1, JPEG_ARTIFACTS"
  })
  void networksAreMadeByEitherName(String alias, String name, int scale, int channels, Task task) {
    Restorers.Entry entry = Restorers.find(alias).orElseThrow();
    assertThat(entry.name()).isEqualTo(name);
    assertThat(entry.task()).isEqualTo(task);
    Restorer network = Restorers.create(alias);
    assertThat(network.scale()).isEqualTo(scale);
    assertThat(network.channels()).isEqualTo(channels);
  }

  @Test
  void unknownNamesAreAnsweredWithTheNearest() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Restorers.create("mambair_lite_x2"))
        .withMessageContaining("did you mean mambair_light_x2?")
        .withMessageContaining("mambairv2_srlarge_x4");
    assertThat(Restorers.names()).hasSize(Restorers.all().size()).doesNotHaveDuplicates();
  }

  static Stream<Restorer> small() {
    return Stream.of(
        Restorers.create("mambair_light_x2", SMALL),
        Restorers.create("mambair_car", SMALL),
        Restorers.create(
            "mambair_realdn",
            Map.of("dim", 30, "num_blocks", List.of(1, 1, 1, 1), "num_refinement_blocks", 1)),
        Restorers.create("mambairv2_light_x3", SMALL_V2),
        Restorers.create("mambairv2_colordn", SMALL_V2));
  }

  @ParameterizedTest
  @MethodSource("small")
  void imagesOfAnySizeAreRestoredEachByItself(Restorer network) {
    try (NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(3);
      int side = network.minimalSide();
      Shape shape = new Shape(3, network.channels(), side + 4, side);
      network.initialize(manager, DataType.FLOAT32, shape);
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.randomUniform(0f, 1f, shape);
      NDArray together = network.forward(store, images, false);
      assertThat(together.getShape()).isEqualTo(network.getOutputShapes(new Shape[] {shape})[0]);
      NDList apart = new NDList();
      for (int i = 0; i < 3; i++) {
        apart.add(network.forward(store, images.get(i + ":" + (i + 1)), false));
      }
      assertThat(together.toFloatArray())
          .containsExactly(NDArrays.concat(apart).toFloatArray(), within(1e-5f));
      NDArray again = network.forward(store, images, false);
      assertThat(again.toFloatArray()).isEqualTo(together.toFloatArray());
    }
  }

  @ParameterizedTest
  @MethodSource("small")
  void nothingButTheResultIsLeft(Restorer network) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Shape shape = new Shape(1, network.channels(), 17, 14);
      network.initialize(manager, DataType.FLOAT32, shape);
      network.freezeParameters(true);
      int parameters = manager.getManagedArrays().size();
      for (boolean autograd : new boolean[] {false, true}) {
        try (NDManager each = manager.newSubManager();
            GradientMode mode = GradientMode.set(autograd)) {
          NDArray images = each.ones(shape);
          NDArray restored = network.forward(new ParameterStore(each, false), images, false);
          assertThat(each.getManagedArrays()).containsExactlyInAnyOrder(images, restored);
        }
        assertThat(manager.getManagedArrays()).hasSize(parameters);
      }
    }
  }

  /** What is written in Java's memory must have been copied when Java forgets it. */
  @ParameterizedTest
  @MethodSource("small")
  void garbageCollectionsInBetweenChangeNothing(Restorer network) throws Exception {
    try (NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(3);
      Shape shape = new Shape(1, network.channels(), 16, 16);
      network.initialize(manager, DataType.FLOAT32, shape);
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.randomUniform(0f, 1f, shape);
      float[] wanted = network.forward(store, images, false).toFloatArray();
      AtomicBoolean over = new AtomicBoolean();
      Thread collector =
          new Thread(
              () -> {
                while (!over.get()) {
                  System.gc();
                }
              });
      collector.start();
      try {
        for (int i = 0; i < 4; i++) {
          try (NDManager each = manager.newSubManager()) {
            images.tempAttach(each);
            assertThat(network.forward(store, images, false).toFloatArray()).isEqualTo(wanted);
          }
        }
      } finally {
        over.set(true);
        collector.join();
      }
    }
  }

  @Test
  void theRealDenoiserReflectsImagesToItsMultiple() {
    Restorer network = small().filter(r -> r.sizeMultiple() == 8).findAny().orElseThrow();
    try (NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(3);
      Shape shape = new Shape(1, 3, 9, 13);
      network.initialize(manager, DataType.FLOAT32, shape);
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.randomUniform(0f, 1f, shape);
      NDArray whole = network.forward(store, Padding.reflect(images, 16, 16), false);
      assertThat(network.forward(store, images, false).toFloatArray())
          .isEqualTo(whole.get(":, :, :9, :13").toFloatArray());
    }
  }

  @ParameterizedTest
  @MethodSource("small")
  void imagesThatDoNotFitAreRefused(Restorer network) {
    try (NDManager manager = NDManager.newBaseManager()) {
      int side = network.minimalSide();
      int channels = network.channels();
      ParameterStore store = new ParameterStore(manager, false);
      for (Shape shape :
          List.of(
              new Shape(1, channels + 1, side, side),
              new Shape(1, channels, side, side - 1),
              new Shape(channels, side, side))) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> network.forward(store, manager.zeros(shape), false))
            .withMessageContaining(shape.toString())
            .withMessageContaining("at least " + side);
      }
    }
  }

  @Test
  void theBufferOfPublishedCheckpointsIsLeftOut() throws Exception {
    try (NDManager manager = NDManager.newBaseManager()) {
      Restorer network = Restorers.create("mambairv2_light_x2", SMALL_V2);
      network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 4, 4));
      Map<String, NDArray> tensors = new LinkedHashMap<>(StateDict.of(network));
      tensors.put("relative_position_index_SA", manager.zeros(new Shape(16, 16), DataType.INT64));
      StateDict.load(network, tensors, manager);
      assertThat(tensors).containsKey("relative_position_index_SA"); // the caller's map stays
    }
  }

  @Test
  void configurationsAreReadAsTheyAreWritten() {
    for (MambaIRConfig config : List.of(MambaIRConfig.LIGHT_X3, MambaIRConfig.CAR)) {
      assertThat(MambaIRConfig.DEFAULT.with(config.toArguments())).isEqualTo(config);
    }
    MambaIRUNetConfig net = MambaIRUNetConfig.REAL_DN.with(Map.of("dim", 32, "bias", true));
    assertThat(MambaIRUNetConfig.REAL_DN.with(net.toArguments())).isEqualTo(net);
    assertThat(MambaIRv2Config.LIGHT_DEFAULT.with(MambaIRv2Config.LIGHT_X4.toArguments()))
        .isEqualTo(MambaIRv2Config.LIGHT_X4);
    assertThat(MambaIRv2Config.DEFAULT.with(MambaIRv2Config.SR_LARGE_X2.toArguments()))
        .isEqualTo(MambaIRv2Config.SR_LARGE_X2);
  }

  @ParameterizedTest
  @CsvSource({
    "mambair_sr_x2, upscale, 5, upscale",
    "mambair_colordn, upscale, 2, upscale",
    "mambair_colordn, embed_dim, 20, embed_dim",
    "mambair_colordn, mlp_ratio, 0.001, mlp_ratio",
    "mambair_colordn, drop_path_rate, 1, drop_path_rate",
    "mambair_colordn, img_range, 0, img_range",
    "mambair_colordn, patch_size, 4, patch_size",
    "mambair_colordn, depth, 4, depth",
    "mambair_realdn, out_channels, 1, out_channels",
    "mambair_realdn, dim, 33, dim",
    "mambairv2_light_x2, embed_dim, 50, num_heads",
    "mambairv2_light_x2, mlp_ratio, 0.61, mlp_ratio",
    "mambairv2_sr_x2, convffn_kernel_size, 4, convffn_kernel_size",
    "mambairv2_sr_x2, window_size, 1, window_size",
    "mambairv2_sr_x2, patch_size, 2, patch_size"
  })
  void configurationsThatCannotBeAreRefused(
      String name, String argument, double value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Restorers.create(name, Map.of(argument, value)))
        .withMessageContaining(message);
  }

  @Test
  void wordsThatCannotBeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Restorers.create("mambair_car", Map.of("upsampler", "bicubic")))
        .withMessageContaining("bicubic");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Restorers.create("mambair_realdn", Map.of("dual_pixel_task", true)))
        .withMessageContaining("dual_pixel_task");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Restorers.create("mambair_realdn", Map.of("num_blocks", List.of(1))))
        .withMessageContaining("num_blocks");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Restorers.create("mambairv2_car", Map.of("num_heads", List.of(6))))
        .withMessageContaining("num_heads");
  }
}
