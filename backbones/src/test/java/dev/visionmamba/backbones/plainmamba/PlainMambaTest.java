package dev.visionmamba.backbones.plainmamba;

import static dev.visionmamba.backbones.Naive.assertClose;
import static dev.visionmamba.backbones.Naive.image;
import static dev.visionmamba.backbones.Naive.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.StateDict;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every option of PlainMamba, on networks so small that a naive implementation can follow. */
class PlainMambaTest {

  /** 4x3 patches; the last of two layers has a convolution. */
  private static final PlainMambaConfig TINY =
      PlainMambaConfig.L1.with(
          Map.of(
              "img_size",
              List.of(16, 12),
              "patch_size",
              4,
              "embed_dims",
              8,
              "num_layers",
              2,
              "layers_with_dwconv",
              List.of(1),
              "layer_cfgs",
              mixer(Map.of("d_state", 3, "conv_size", 3))));

  private NDManager manager;
  private ParameterStore store;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    store = new ParameterStore(manager, false);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static Map<String, Object> mixer(Map<String, Object> arguments) {
    return Map.of("mamba_cfg", arguments);
  }

  static Stream<Map<String, Object>> options() {
    return Stream.of(
        Map.of(),
        Map.of("num_convs_patch_embed", 0, "in_channels", 1),
        Map.of("num_convs_patch_embed", 2, "layers_with_dwconv", List.of()),
        Map.of("layers_with_dwconv", List.of(0, 1), "num_layers", 3),
        Map.of("with_pos_embed", false),
        Map.of("final_norm", false),
        Map.of("img_size", List.of(11, 22)), // the stem rounds odd sides the other way
        Map.of("patch_size", 2, "img_size", 6),
        Map.of("layer_cfgs", Map.of("use_rms_norm", true)),
        Map.of("layer_cfgs", mixer(Map.of("conv_bias", false, "bias", false))),
        Map.of("layer_cfgs", mixer(Map.of("conv_size", 7, "d_state", 1, "expand", 1.5))),
        Map.of("embed_dims", 20), // rank 2
        Map.of("drop_path_rate", 0.5)); // of no effect outside training
  }

  @ParameterizedTest
  @MethodSource("options")
  void equalsTheNaiveImplementation(Map<String, Object> arguments) throws Exception {
    PlainMambaConfig config = TINY.with(arguments);
    compare(config, config.imageHeight(), config.imageWidth());
  }

  @ParameterizedTest
  @MethodSource("options")
  void imagesOfAnotherSizeResizeThePositionEmbedding(Map<String, Object> arguments)
      throws Exception {
    PlainMambaConfig config = TINY.with(arguments);
    compare(config, config.imageHeight() + 9, config.imageWidth() + 5);
  }

  @ParameterizedTest
  @CsvSource({"96, 64", "100, 90", "33, 17", "1, 1", "1, 40", "50, 3"})
  void imagesOfAnySizeArePaddedToWholePatches(int height, int width) throws Exception {
    compare(TINY.with(Map.of("patch_size", 16, "img_size", 64)), height, width);
  }

  private void compare(PlainMambaConfig config, int height, int width) throws Exception {
    PlainMamba network = loaded(config);
    NaivePlainMamba naive = new NaivePlainMamba(config, weights(network));
    NDArray images = images(2, config.channels(), height, width);
    NDArray[] before = results(network, images);
    network.foldNorms();
    NDArray[] folded = results(network, images);
    for (int i = 0; i < 2; i++) {
      double[][] tokens = naive.tokens(image(images.get(i)));
      double[] all = Stream.of(tokens).flatMapToDouble(Arrays::stream).toArray();
      double[] mean = new double[config.embedDims()];
      for (double[] token : tokens) {
        Arrays.setAll(mean, c -> mean[c] + token[c] / tokens.length);
      }
      for (NDArray[] result : List.of(before, folded)) {
        assertClose(result[0].get(i), all);
        assertClose(result[1].get(i), mean);
      }
    }
  }

  /** The final tokens and what the classifier reads, which are of one computation. */
  private NDArray[] results(PlainMamba network, NDArray images) {
    Map<String, NDArray> seen = new HashMap<>();
    Probe probe = (name, value) -> seen.put(name, value.duplicate());
    NDArray pooled = network.classificationFeatures(store, images, false, probe).singletonOrThrow();
    return new NDArray[] {seen.get("final"), pooled};
  }

  @Test
  void theFeaturesAreTheTokensOnTheirGrid() throws Exception {
    PlainMamba network = loaded(TINY);
    NDArray images = images(2, 3, 19, 30); // 5 x 8 patches
    NDArray tokens = results(network, images)[0];
    FeaturePyramid pyramid = network.features(store, images, false, Probe.NONE);
    FeaturePyramid.Level level = pyramid.levels().get(0);
    assertThat(pyramid.levels()).hasSize(1);
    assertThat(level.stride()).isEqualTo(4);
    assertThat(level.map().getShape()).isEqualTo(new Shape(2, 8, 5, 8));
    assertThat(network.getOutputShapes(new Shape[] {images.getShape()}))
        .containsExactly(level.map().getShape());
    assertThat(network.levels()).containsExactly(new Backbone.LevelShape(8, 4));
    for (int t = 0; t < 40; t++) {
      assertThat(level.map().get(":, :, " + t / 8 + ", " + t % 8)).isEqualTo(tokens.get(":, " + t));
    }
    NDList asBlock = network.forward(store, new NDList(images), false);
    assertThat(asBlock.singletonOrThrow()).isEqualTo(level.map());
  }

  @Test
  void aBatchIsItsImagesOneByOne() throws Exception {
    PlainMamba network = loaded(TINY);
    NDArray images = images(3, 3, 16, 12);
    float[] all = results(network, images)[0].toFloatArray();
    int size = all.length / 3;
    for (int i = 0; i < 3; i++) {
      NDArray alone = results(network, images.get(i + ":" + (i + 1)))[0];
      assertThat(alone.toFloatArray())
          .containsExactly(Arrays.copyOfRange(all, i * size, (i + 1) * size), within(1e-5f));
    }
  }

  @Test
  void probesSeeEveryLayersTokens() throws Exception {
    Map<String, Shape> seen = new LinkedHashMap<>();
    loaded(TINY)
        .features(
            store, images(2, 3, 16, 12), false, (name, value) -> seen.put(name, value.getShape()));
    assertThat(seen.keySet())
        .containsExactly(
            "patch_embed", "block0.mixer", "block0", "block1.mixer", "block1", "final");
    assertThat(seen.values()).allMatch(shape -> shape.size() == 2 * 12 * 8);
    assertThat(seen.get("final")).isEqualTo(new Shape(2, 12, 8));
  }

  @Test
  void imagesOfOtherChannelsAreRefused() throws Exception {
    PlainMamba network = loaded(TINY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network.forward(store, images(1, 1, 16, 12), false))
        .withMessage("images must be (batch, 3, height, width), but are (1, 1, 16, 12)");
    NDArray single = images(1, 3, 16, 12).get(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network.forward(store, single, false))
        .withMessage("images must be (batch, 3, height, width), but are (3, 16, 12)");
  }

  @Test
  void theStateDictPrefixesTheBackbone() {
    PlainMamba network = new PlainMamba(TINY.with(Map.of("num_convs_patch_embed", 2)));
    ClassificationHead head = network.classificationHead(5);
    List<String> names = head.stateDict(network).keys();
    assertThat(names)
        .startsWith("backbone.pos_embed", "backbone.patch_embed.stem.0.weight")
        .contains("backbone.patch_embed.convs.4.running_var", "backbone.layers.1.dw.1.bias")
        .doesNotContain("backbone.layers.0.dw.0.weight")
        .endsWith("backbone.ln1.bias", "head.fc.weight", "head.fc.bias");
    assertThat(head.stateDict(network).get("head.fc.weight").getShape()).isEqualTo(new Shape(5, 8));
  }

  @Test
  void freshWeightsStartAsInThePublishedTraining() {
    manager.getEngine().setRandomSeed(3);
    PlainMamba network = new PlainMamba(TINY.with(Map.of("embed_dims", 64)));
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 16, 12));
    Map<String, float[]> weights = weights(network);
    float[] logA = weights.get("layers.1.mamba.A_log");
    for (int i = 0; i < logA.length; i++) {
      assertThat(Math.exp(logA[i])).isCloseTo(1 + i % 3, within(1e-5));
    }
    assertThat(weights.get("layers.0.mamba.D")).containsOnly(1f);
    assertThat(weights.get("layers.0.mamba.dt_proj.bias")).containsOnly(0f);
    assertThat(weights.get("layers.1.dw.1.running_var")).containsOnly(1f);
    assertThat(weights.get("ln1.weight")).containsOnly(1f);
    for (String name : List.of("in_proj", "x_proj", "dt_proj", "out_proj")) {
      float[] weight = weights.get("layers.0.mamba." + name + ".weight");
      assertThat(deviation(weight)).as(name).isBetween(0.012, 0.022);
    }
    assertThat(deviation(weights.get("pos_embed"))).isBetween(0.012, 0.022);
    // Uniform within 1 / sqrt(7 * 7 * 3): the deviation is that over sqrt(3).
    assertThat(deviation(weights.get("patch_embed.stem.0.weight")))
        .isCloseTo(1 / Math.sqrt(147 * 3), within(2e-3));
  }

  private static double deviation(float[] values) {
    double square = 0;
    for (float value : values) {
      square += (double) value * value / values.length;
    }
    return Math.sqrt(square);
  }

  private PlainMamba loaded(PlainMambaConfig config) throws Exception {
    PlainMamba network = new PlainMamba(config);
    Random random = new Random(17);
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : network.getParameters()) {
      tensors.put(named.getKey(), tensor(random, named.getKey(), named.getValue().getShape()));
    }
    StateDict.load(network, tensors, manager);
    return network;
  }

  /** Matrices keep the size of what they multiply; variances are positive. */
  private NDArray tensor(Random random, String name, Shape shape) {
    double scale =
        shape.dimension() == 1 || name.equals("pos_embed")
            ? 0.4
            : Math.sqrt(3.0 * shape.get(0) / shape.size());
    boolean aroundOne =
        name.endsWith("running_var") || (name.endsWith("weight") && shape.dimension() == 1);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * (2 * random.nextDouble() - 1) + (aroundOne ? 1 : 0));
    }
    return manager.create(values, shape);
  }

  private NDArray images(int batch, int channels, int height, int width) {
    Shape shape = new Shape(batch, channels, height, width);
    return tensor(new Random(23), "pos_embed", shape).mul(4f);
  }
}
