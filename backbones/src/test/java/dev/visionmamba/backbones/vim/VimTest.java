package dev.visionmamba.backbones.vim;

import static dev.visionmamba.backbones.Naive.assertClose;
import static dev.visionmamba.backbones.Naive.image;
import static dev.visionmamba.backbones.Naive.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.PositionEmbeddings;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.GradientMode;
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
import org.junit.jupiter.params.provider.MethodSource;

/** Every option of Vim, on networks so small that a naive implementation can follow. */
class VimTest {

  /** 3x3 patches. */
  private static final VimConfig TINY =
      VimConfig.TINY.with(
          Map.of(
              "img_size",
              12,
              "patch_size",
              4,
              "stride",
              4,
              "embed_dim",
              8,
              "depth",
              2,
              "d_state",
              2));

  private static final Map<String, Object> NO_TOKEN =
      Map.of("if_cls_token", false, "use_middle_cls_token", false);
  private static final Map<String, Object> HEAD = Map.of("use_middle_cls_token", false);
  private static final Map<String, Object> DOUBLE = Map.of("use_double_cls_token", true);

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

  static Stream<Map<String, Object>> options() {
    return Stream.of(
        Map.of(),
        NO_TOKEN,
        HEAD,
        DOUBLE,
        Map.of("if_divide_out", false),
        Map.of("rms_norm", false, "norm_epsilon", 1e-3),
        Map.of("if_abs_pos_embed", false),
        with(NO_TOKEN, Map.of("if_abs_pos_embed", false, "rms_norm", false)),
        Map.of("img_size", List.of(8, 20)),
        with(DOUBLE, Map.of("img_size", List.of(16, 9), "stride", 3)),
        Map.of("channels", 1, "patch_size", 3, "stride", 2),
        Map.of("d_conv", 2, "expand", 3, "d_state", 5, "depth", 1),
        Map.of("embed_dim", 20, "d_conv", 1), // rank 2
        Map.of("drop_path_rate", 0.5)); // of no effect outside training
  }

  private static Map<String, Object> with(Map<String, Object> some, Map<String, Object> more) {
    Map<String, Object> all = new HashMap<>(some);
    all.putAll(more);
    return all;
  }

  @ParameterizedTest
  @MethodSource("options")
  void equalsTheNaiveImplementation(Map<String, Object> arguments) throws Exception {
    VimConfig config = TINY.with(arguments);
    compare(config, config.imageHeight(), config.imageWidth());
  }

  @ParameterizedTest
  @MethodSource("options")
  void imagesOfAnotherSizeResizeThePositionEmbedding(Map<String, Object> arguments)
      throws Exception {
    VimConfig config = TINY.with(arguments);
    compare(config, config.imageHeight() + 9, config.imageWidth() + 5);
  }

  private void compare(VimConfig config, int height, int width) throws Exception {
    Vim vim = loaded(config);
    NaiveVim naive = new NaiveVim(config, weights(vim));
    NDArray images = images(2, config.channels(), height, width);
    NDArray tokens = vim.tokens(store, images, false, Probe.NONE);
    NDArray pooled = vim.classificationFeatures(store, images, false, Probe.NONE).head();
    for (int i = 0; i < 2; i++) {
      double[][] expected = naive.tokens(image(images.get(i)));
      assertClose(tokens.get(i), Stream.of(expected).flatMapToDouble(Arrays::stream).toArray());
      assertClose(pooled.get(i), naive.pooled(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("options")
  void featuresAreThePatchesTokensOnTheirGrid(Map<String, Object> arguments) throws Exception {
    VimConfig config = TINY.with(arguments);
    Vim vim = loaded(config);
    NDArray images = images(2, config.channels(), config.imageHeight(), config.imageWidth());
    NDArray tokens = vim.tokens(store, images, false, Probe.NONE);
    FeaturePyramid pyramid = vim.features(store, images, false, Probe.NONE);
    int height = config.gridHeight();
    int width = config.gridWidth();
    assertThat(pyramid.levels()).hasSize(1);
    FeaturePyramid.Level level = pyramid.levels().get(0);
    assertThat(level.stride()).isEqualTo(config.stride());
    assertThat(level.map().getShape()).isEqualTo(new Shape(2, config.embedDim(), height, width));
    assertThat(vim.getOutputShapes(new Shape[] {images.getShape()}))
        .containsExactly(level.map().getShape());
    assertThat(vim.levels())
        .containsExactly(new Backbone.LevelShape(config.embedDim(), config.stride()));
    int patches = height * width;
    for (int patch = 0; patch < patches; patch++) {
      int token =
          switch (config.classToken()) {
            case NONE -> patch;
            case HEAD, DOUBLE -> patch + 1;
            case MIDDLE -> patch < patches / 2 ? patch : patch + 1;
          };
      assertThat(level.map().get(":, :, " + patch / width + ", " + patch % width))
          .isEqualTo(tokens.get(":, " + token));
    }
  }

  @Test
  void aBatchIsItsImagesOneByOne() throws Exception {
    Vim vim = loaded(TINY);
    NDArray images = images(3, 3, 12, 12);
    NDArray all = vim.classificationFeatures(store, images, false, Probe.NONE).head();
    for (int i = 0; i < 3; i++) {
      NDArray alone =
          vim.classificationFeatures(store, images.get(i + ":" + (i + 1)), false, Probe.NONE)
              .head();
      assertThat(alone.toFloatArray()).containsExactly(all.get(i).toFloatArray(), within(1e-6f));
    }
    NDArray two = vim.classificationFeatures(store, images.get("1:"), false, Probe.NONE).head();
    assertThat(two.toFloatArray()).containsExactly(all.get("1:").toFloatArray(), within(1e-6f));
  }

  @Test
  void asABlockItGivesItsFeatures() throws Exception {
    Vim vim = loaded(TINY);
    NDArray images = images(1, 3, 12, 12);
    NDArray map = vim.features(store, images, false, Probe.NONE).maps().singletonOrThrow();
    assertThat(vim.forward(store, new NDList(images), false).singletonOrThrow()).isEqualTo(map);
    assertThat(vim.forward(store, images, false)).isEqualTo(map);
  }

  @Test
  void probesSeeEveryLayer() throws Exception {
    Map<String, Shape> seen = new LinkedHashMap<>();
    loaded(TINY)
        .tokens(
            store, images(2, 3, 12, 12), false, (name, value) -> seen.put(name, value.getShape()));
    assertThat(seen.keySet())
        .containsExactly(
            "patch_embed", "block0.mixer", "block0", "block1.mixer", "block1", "final");
    assertThat(seen.values()).allMatch(new Shape(2, 10, 8)::equals);
  }

  @Test
  void nothingIsRecordedForGradientsOutsideTraining() throws Exception {
    Vim vim = loaded(TINY);
    try (GradientMode on = GradientMode.set(true)) {
      NDArray images = images(1, 3, 12, 12);
      NDArray map = vim.forward(store, images, false);
      assertThat(GradientMode.isOn()).isTrue();
      assertThatExceptionOfType(RuntimeException.class)
          .isThrownBy(
              () ->
                  ai.djl.pytorch.jni.JniUtils.backward(
                      (ai.djl.pytorch.engine.PtNDArray) map.sum(),
                      (ai.djl.pytorch.engine.PtNDArray) manager.ones(new Shape()),
                      false,
                      false))
          .withMessageContaining("does not require grad");
    }
  }

  @Test
  void imagesThatDoNotFitAreRefused() throws Exception {
    Vim vim = loaded(TINY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vim.forward(store, images(1, 1, 12, 12), false))
        .withMessage("images must be (batch, 3, height, width), but are (1, 1, 12, 12)");
    NDArray single = images(1, 3, 12, 12).get(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vim.forward(store, single, false))
        .withMessage("images must be (batch, 3, height, width), but are (3, 12, 12)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vim.forward(store, images(1, 3, 12, 3), false))
        .withMessage("an image side of 3 pixels is smaller than a patch of 4");
  }

  @Test
  void positionEmbeddingsOfAnotherSquareGridAreResizedOnLoading() throws Exception {
    for (Map<String, Object> arguments : List.of(Map.<String, Object>of(), NO_TOKEN, DOUBLE)) {
      VimConfig config = TINY.with(arguments);
      for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT16, DataType.FLOAT64)) {
        Vim vim = new Vim(config);
        Map<String, NDArray> tensors = tensors(vim, 3);
        int extra = config.classTokens();
        NDArray stored = uniform(new Random(1), new Shape(1, 25 + extra, 8)).toType(type, false);
        tensors.replace("pos_embed", stored);
        StateDict.load(vim, tensors, manager);
        NDArray expected =
            PositionEmbeddings.resize(
                manager, stored.toType(DataType.FLOAT32, true), extra, 5, 5, 3, 3);
        assertThat(StateDict.of(vim).get("pos_embed")).isEqualTo(expected);
      }
    }
  }

  @Test
  void positionEmbeddingsThatCannotBeResizedAreMisshapen() {
    for (Shape shape : List.of(new Shape(1, 13, 8), new Shape(1, 1, 8), new Shape(26, 8))) {
      assertMisshapen(manager.zeros(shape), "pos_embed is " + shape + " but must be (1, 10, 8)");
    }
    assertMisshapen(manager.zeros(new Shape(1, 26, 8), DataType.INT32), "pos_embed");
  }

  private void assertMisshapen(NDArray stored, String message) {
    Vim vim = new Vim(TINY);
    Map<String, NDArray> tensors = tensors(vim, 3);
    tensors.replace("pos_embed", stored);
    assertThatExceptionOfType(MalformedModelException.class)
        .isThrownBy(() -> StateDict.load(vim, tensors, manager))
        .withMessageContaining("1 misshapen")
        .withMessageContaining(message);
  }

  @Test
  void freshWeightsStartAsPublished() {
    manager.getEngine().setRandomSeed(3);
    Vim vim = new Vim(TINY.with(Map.of("d_state", 4)));
    vim.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 12, 12));
    Map<String, float[]> weights = weights(vim);
    float[] logA = weights.get("layers.1.mixer.A_b_log");
    for (int i = 0; i < logA.length; i++) {
      assertThat(Math.exp(logA[i])).isCloseTo(1 + i % 4, within(1e-5));
    }
    assertThat(weights.get("layers.0.mixer.D")).containsOnly(1f);
    assertThat(weights.get("norm_f.weight")).containsOnly(1f);
    for (float bias : weights.get("layers.0.mixer.dt_proj.bias")) {
      assertThat(Math.log1p(Math.exp(bias))).isBetween(0.999e-3, 1.001e-1);
    }
    for (float weight : weights.get("layers.0.mixer.out_proj.weight")) {
      assertThat(Math.abs(weight)).isLessThanOrEqualTo((float) (1 / Math.sqrt(16 * 2)));
    }
    for (float position : weights.get("pos_embed")) {
      assertThat(Math.abs(position)).isLessThanOrEqualTo(0.04f);
    }
  }

  private Vim loaded(VimConfig config) throws Exception {
    Vim vim = new Vim(config);
    StateDict.load(vim, tensors(vim, 17), manager);
    return vim;
  }

  private Map<String, NDArray> tensors(Vim vim, int seed) {
    Random random = new Random(seed);
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : vim.getParameters()) {
      tensors.put(named.getKey(), uniform(random, named.getValue().getShape()));
    }
    return tensors;
  }

  private NDArray images(int batch, int channels, int height, int width) {
    return uniform(new Random(23), new Shape(batch, channels, height, width)).mul(3f);
  }

  private NDArray uniform(Random random, Shape shape) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1.2f * random.nextFloat() - 0.5f;
    }
    return manager.create(values, shape);
  }
}
