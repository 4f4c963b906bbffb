package dev.visionmamba.backbones.plainmamba;

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
import com.google.gson.Gson;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.scans.autograd.GradientMode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** PlainMamba with its adapter against the reference, and what it promises besides. */
class PlainMambaAdapterTest {
  private static final double TOLERANCE = 3e-5;
  private static final String MODEL = "PlainMambaAdapter";

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

  static Stream<Path> files() {
    return GoldenFile.find(PlainMambaAdapterTest.class, "/golden-adapter").stream()
        .filter(path -> GoldenFile.read(path).model().equals(MODEL));
  }

  private static PlainMambaAdapterConfig config(GoldenFile file) {
    Map<String, Object> arguments = new TreeMap<>();
    new Gson().fromJson(file.config(), Map.class).forEach((k, v) -> arguments.put("" + k, v));
    return PlainMambaAdapterConfig.L1.with(arguments);
  }

  /** Parameters by the state dict's names and in its order. */
  private PlainMambaAdapter loaded(GoldenFile file) throws Exception {
    PlainMambaAdapter network = new PlainMambaAdapter(config(file));
    assertThat(network.getParameters().keys())
        .isEqualTo(file.parameters().stream().map(GoldenTensor::name).toList());
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (GoldenTensor tensor : file.parameters()) {
      tensors.put(tensor.name(), manager.create(tensor.elements(), new Shape(tensor.shape())));
    }
    StateDict.load(network, tensors, manager);
    network.freezeParameters(true);
    return network;
  }

  private PlainMambaAdapter loaded() throws Exception {
    return loaded(GoldenFile.read(files().findFirst().orElseThrow()));
  }

  private NDArray images(GoldenFile file) {
    GoldenTensor input = file.inputs().get("input");
    return manager.create(input.elements(), new Shape(input.shape()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void everyLevelAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    PlainMambaAdapter network = loaded(file);
    NDArray images = images(file);
    check(file, network, images);
    network.foldNorms();
    check(file, network, images);
  }

  private void check(GoldenFile file, PlainMambaAdapter network, NDArray images) {
    Map<String, NDArray> seen = new LinkedHashMap<>();
    FeaturePyramid pyramid;
    try (GradientMode off = GradientMode.off()) {
      pyramid =
          network.features(
              store, images, false, (name, value) -> seen.put(name, value.duplicate()));
    }
    Shape[] shapes = network.getOutputShapes(new Shape[] {images.getShape()});
    assertThat(file.outputs()).hasSize(4);
    for (int i = 0; i < 4; i++) {
      GoldenOutput output = file.outputs().get("output." + i);
      NDArray map = pyramid.levels().get(i).map();
      assertThat(map.getShape()).isEqualTo(new Shape(output.shape())).isEqualTo(shapes[i]);
      assertThat(pyramid.levels().get(i).stride()).isEqualTo(4 << i);
      output.check(map.toFloatArray(), TOLERANCE);
      assertThat(seen.get("pyramid" + i)).isEqualTo(map);
    }
    assertThat(seen).containsKeys("patch_embed", "block4.mixer", "block4", "interaction2");
  }

  @ParameterizedTest
  @CsvSource({"32, 32", "32, 320", "224, 64", "64, 32"})
  void imagesOfWholeTilesAreTaken(int height, int width) throws Exception {
    PlainMambaAdapter network = loaded();
    NDArray images = manager.randomNormal(new Shape(2, 3, height, width));
    NDList maps = network.forward(store, new NDList(images), false);
    assertThat(maps.getShapes())
        .isEqualTo(network.getOutputShapes(new Shape[] {images.getShape()}));
    NDList second = network.forward(store, new NDList(images.get("1:")), false);
    for (int i = 0; i < maps.size(); i++) {
      assertThat(maps.get(i).isNaN().any().getBoolean()).isFalse();
      assertThat(maps.get(i).get("1:").sub(second.get(i)).abs().max().getFloat()).isLessThan(1e-4f);
    }
  }

  @Test
  void otherImagesAreRefused() throws Exception {
    PlainMambaAdapter network = loaded();
    for (Shape shape : List.of(new Shape(1, 3, 48, 64), new Shape(1, 3, 64, 0))) {
      NDArray images = manager.zeros(shape);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.forward(store, images, false))
          .withMessage(
              "PlainMamba's adapter takes images whose sides are multiples of 32 pixels, but they"
                  + " are "
                  + shape.get(2)
                  + "x"
                  + shape.get(3)
                  + "; pad them at the right and the bottom");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.getOutputShapes(new Shape[] {shape}));
    }
    NDArray grey = manager.zeros(new Shape(1, 1, 64, 64));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network.forward(store, grey, false))
        .withMessage("images must be (batch, 3, height, width), but are (1, 1, 64, 64)");
  }

  @Test
  void predictionsKeepNothingButTheirResult() throws Exception {
    PlainMambaAdapter network = loaded();
    int before = manager.getManagedArrays().size();
    try (NDManager images = manager.newSubManager();
        GradientMode off = GradientMode.off()) {
      NDArray batch = images.randomNormal(new Shape(1, 3, 64, 64));
      int arrays = images.getManagedArrays().size();
      NDList maps = network.forward(store, new NDList(batch), false);
      assertThat(images.getManagedArrays().size()).isEqualTo(arrays + maps.size());
    }
    assertThat(manager.getManagedArrays().size()).isEqualTo(before);
  }

  @Test
  void thePublishedDetectorsBackbonesAreMadeByName() {
    Map<String, Object> adapter = Map.of("type", MODEL);
    int[] channels = {192, 384, 448};
    for (int i = 0; i < 3; i++) {
      String name = "plainmamba_l" + (i + 1);
      Backbone network = Backbones.create(name, adapter, Purpose.FEATURES);
      assertThat(network).isInstanceOf(PlainMambaAdapter.class);
      assertThat(network.levels())
          .containsExactly(
              new Backbone.LevelShape(channels[i], 4),
              new Backbone.LevelShape(channels[i], 8),
              new Backbone.LevelShape(channels[i], 16),
              new Backbone.LevelShape(channels[i], 32));
      assertThat(network.getParameters().keys())
          .startsWith("pos_embed", "level_embed", "patch_embed.stem.0.weight")
          .contains("interactions.3.extra_extractors.1.ffn.dwconv.dwconv.weight")
          .doesNotContain("ln1.weight", "interactions.2.extra_extractors.0.ffn.fc1.weight")
          .endsWith("ad_norm4.running_var");
    }
    assertThat(Backbones.create("plainmamba_l1", Map.of("type", "PlainMamba"), Purpose.FEATURES))
        .isInstanceOf(PlainMamba.class);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Backbones.create("plainmamba_l1", Map.of("type", "ViT"), Purpose.FEATURES))
        .withMessage("type must be PlainMamba or PlainMambaAdapter, got ViT");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backbones.create("plainmamba_l1", adapter, Purpose.CLASSIFICATION))
        .withMessage("type must be PlainMamba for classification, got PlainMambaAdapter");
  }

  @Test
  void theAdapterLiesBehindTheLayersAndIsNeverFrozen() throws Exception {
    PlainMambaAdapter network = loaded();
    Map<String, Integer> depths = network.depths();
    Map<String, Parameter> parameters = network.getParameters().toMap();
    assertThat(depths.get(parameters.get("pos_embed").getId())).isZero();
    assertThat(depths.get(parameters.get("layers.4.norm.weight").getId())).isEqualTo(5);
    for (String name : List.of("level_embed", "up.weight", "spm.fc1.bias")) {
      assertThat(depths.get(parameters.get(name).getId())).as(name).isEqualTo(6);
    }
    assertThat(depths).hasSameSizeAs(parameters.values());
    network.freezeParameters(false);
    network.freezeStages(5);
    parameters.forEach(
        (name, parameter) -> {
          boolean statistic = name.contains("running_");
          boolean ofNet = name.matches("pos_embed|patch_embed.*|layers.*");
          assertThat(parameter.requiresGradient()).as(name).isEqualTo(!statistic && !ofNet);
        });
  }

  @Test
  void freshWeightsStartAsPublished() throws Exception {
    manager.getEngine().setRandomSeed(4);
    PlainMambaAdapterConfig config = config(GoldenFile.read(files().findFirst().orElseThrow()));
    PlainMambaAdapter network = new PlainMambaAdapter(config);
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 64));
    Map<String, NDArray> weights = StateDict.of(network);
    assertThat(weights.get("interactions.0.injector.gamma").toFloatArray()).containsOnly(0f);
    String attention = "interactions.1.extractor.attn.";
    assertThat(weights.get(attention + "sampling_offsets.weight").toFloatArray()).containsOnly(0f);
    assertThat(weights.get(attention + "attention_weights.bias").toFloatArray()).containsOnly(0f);
    // Three heads at 0, 120 and 240 degrees, the longer side 1 and then 2 pixels long.
    double slope = 1 / Math.sqrt(3);
    double[] directions = {1, 0, 2, 0, -slope, 1, -2 * slope, 2, -slope, -1, -2 * slope, -2};
    float[] bias = weights.get(attention + "sampling_offsets.bias").toFloatArray();
    assertThat(bias).hasSize(directions.length);
    for (int i = 0; i < bias.length; i++) {
      assertThat((double) bias[i]).isCloseTo(directions[i], within(1e-6));
    }
    double bound = Math.sqrt(6.0 / (24 + 12));
    NDArray values = weights.get(attention + "value_proj.weight");
    assertThat(values.abs().max().getFloat()).isBetween((float) (0.9 * bound), (float) bound);
    assertThat(deviation(weights.get("level_embed"))).isBetween(0.8, 1.2);
    assertThat(deviation(weights.get("spm.conv4.0.weight")))
        .isCloseTo(Math.sqrt(2.0 / (9 * 32)), within(3e-3));
    assertThat(deviation(weights.get("up.weight")))
        .isCloseTo(Math.sqrt(2.0 / (4 * 24)), within(1e-2));
  }

  private static double deviation(NDArray values) {
    return Math.sqrt(values.square().mean().getFloat());
  }

  @Test
  void argumentsGoThereAndBack() {
    PlainMambaAdapterConfig other =
        PlainMambaAdapterConfig.L3.with(
            Map.of("num_layers", 7, "deform_num_heads", 4, "deform_ratio", 0.5, "n_points", 2));
    assertThat(other.interactionIndexes())
        .containsExactly(List.of(0, 0), List.of(1, 2), List.of(3, 4), List.of(5, 6));
    for (PlainMambaAdapterConfig config :
        List.of(
            other,
            PlainMambaAdapterConfig.L1,
            PlainMambaAdapterConfig.L2,
            PlainMambaAdapterConfig.L3)) {
      assertThat(PlainMambaAdapterConfig.L1.with(config.toArguments())).isEqualTo(config);
    }
    assertThat(PlainMambaAdapterConfig.L3.interactionIndexes())
        .containsExactly(List.of(0, 8), List.of(9, 17), List.of(18, 26), List.of(27, 35));
    assertThat(
            PlainMambaAdapterConfig.L1.with(
                Map.of("arch", "L3", "deform_num_heads", 8, "drop_path_rate", 0.3)))
        .isEqualTo(PlainMambaAdapterConfig.L3);
  }

  @Test
  void argumentsThatDoNotSuitAreRefused() {
    String layers =
        "interaction_indexes must be first and last layers that follow each other from 0 to 23";
    for (Object indexes :
        List.of(
            List.of(),
            List.of(List.of(0, 22)),
            List.of(List.of(1, 23)),
            List.of(List.of(0, 5), List.of(7, 23)),
            List.of(List.of(0, 5, 23)))) {
      assertRefused("interaction_indexes", indexes, layers);
    }
    assertRefused("interaction_indexes", 4, "must be a list of first and last layers, got 4");
    assertRefused("interaction_indexes", List.of(4), "must be a list of whole numbers, got 4");
    assertRefused("deform_num_heads", 5, "deform_num_heads 5 must divide the 192 channels");
    assertRefused(
        "deform_ratio", 0.01, "deform_num_heads 6 must divide the 192 channels and the 1");
    assertRefused("cffn_ratio", 0.001, "cffn_ratio 0.001 leaves no channel of 192");
    assertRefused("patch_size", 8, "fit patches of 16x16 pixels, but patch_size is 8");
    assertRefused("final_norm", true, "final_norm is false in every published");
    assertRefused("with_cffn", false, "with_cffn is true in every published");
    assertRefused("n_points", 0, "n_points must be a whole number from 1 on, got 0");
    assertRefused("heads", 6, "PlainMamba has no argument \"heads\"");
  }

  private static void assertRefused(String name, Object value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PlainMambaAdapterConfig.L1.with(Map.of(name, value)))
        .withMessageContaining(message);
  }

  /** A multiply-add more for everything that is computed twice as often. */
  @Test
  void theCostCountsBothBranches() throws Exception {
    PlainMambaAdapter network = loaded();
    long plain = new PlainMamba(network.config().net()).multiplyAdds(64, 64);
    long small = network.multiplyAdds(64, 64);
    assertThat(small).isGreaterThan(plain);
    assertThat(network.multiplyAdds(128, 128)).isBetween(39 * small / 10, 41 * small / 10);
    FeaturePyramid pyramid =
        network.features(store, manager.ones(new Shape(1, 3, 32, 32)), false, Probe.NONE);
    assertThat(pyramid.levels()).hasSize(4);
  }
}
