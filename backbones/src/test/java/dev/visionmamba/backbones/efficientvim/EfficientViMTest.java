package dev.visionmamba.backbones.efficientvim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.StateDict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the golden files do not show, on small networks. */
class EfficientViMTest {
  private static final EfficientViMConfig TINY =
      EfficientViMConfig.M1.with(
          Map.of(
              "embed_dim",
              List.of(16, 24, 20),
              "depths",
              List.of(2, 1, 1),
              "state_dim",
              List.of(9, 5, 4)));

  private NDManager manager;
  private ParameterStore store;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(11);
    store = new ParameterStore(manager, false);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** With random statistics, so that maps are no accident of the initialisation. */
  private EfficientViM drawn(EfficientViMConfig config) {
    EfficientViM network = new EfficientViM(config);
    network.initialize(manager, DataType.FLOAT32, new Shape(1));
    StateDict.of(network)
        .forEach(
            (name, array) -> {
              if (name.contains("norm.") || name.endsWith("alpha") || name.endsWith(".D")) {
                array.addi(manager.randomUniform(0f, 0.5f, array.getShape()));
              }
            });
    return network;
  }

  private List<NDArray> maps(EfficientViM network, NDArray images) {
    FeaturePyramid pyramid = network.features(store, images, false, Probe.NONE);
    return pyramid.levels().stream().map(FeaturePyramid.Level::map).toList();
  }

  @ParameterizedTest
  @CsvSource({"64, 64", "64, 96", "33, 47", "1, 130", "16, 1"})
  void anyImageSizeIsTaken(int height, int width) {
    EfficientViM network = drawn(TINY);
    NDArray images = manager.randomNormal(new Shape(2, 3, height, width));
    List<NDArray> maps = maps(network, images);
    List<Shape> expected = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int stride = 16 << i;
      long h = (height + stride - 1) / stride;
      long w = (width + stride - 1) / stride;
      expected.add(new Shape(2, TINY.channelsOf(i), h, w));
    }
    assertThat(maps).extracting(NDArray::getShape).isEqualTo(expected);
    assertThat(network.getOutputShapes(new Shape[] {images.getShape()}))
        .containsExactlyElementsOf(expected);
    assertThat(maps).allMatch(map -> !map.isNaN().any().toBooleanArray()[0]);
    NDList features = network.classificationFeatures(store, images, false, Probe.NONE);
    assertThat(features.getShapes())
        .containsExactly(
            new Shape(2, 9, 16),
            new Shape(2, 5, 24),
            new Shape(2, 4, 20),
            new Shape(2, expected.get(2).get(2) * expected.get(2).get(3), 20));
  }

  /** Rows and columns are treated alike: all kernels and the image turned give the map turned. */
  @Test
  void heightAndWidthAreNotMixedUp() {
    EfficientViM network = drawn(TINY);
    NDArray images = manager.randomNormal(new Shape(1, 3, 83, 140));
    List<NDArray> maps = maps(network, images);
    StateDict.of(network)
        .forEach(
            (name, array) -> {
              Shape shape = array.getShape();
              if (shape.dimension() == 4 && shape.get(3) == 3) {
                NDArray turned = array.transpose(0, 1, 3, 2).reshape(-1).reshape(shape);
                array.muli(0).addi(turned);
              }
            });
    List<NDArray> turned = maps(network, images.transpose(0, 1, 3, 2));
    for (int i = 0; i < maps.size(); i++) {
      assertClose(turned.get(i).transpose(0, 1, 3, 2), maps.get(i));
    }
  }

  @Test
  void aBatchIsItsImagesOneByOne() {
    EfficientViM network = drawn(TINY);
    ClassificationHead head = network.classificationHead(7);
    head.initialize(manager, DataType.FLOAT32, new Shape(1));
    NDArray images = manager.randomNormal(new Shape(3, 3, 50, 70));
    List<NDArray> together = maps(network, images);
    NDArray scores = scores(network, head, images);
    for (int i = 0; i < 3; i++) {
      NDArray image = images.get(i + ":" + (i + 1));
      List<NDArray> alone = maps(network, image);
      for (int level = 0; level < alone.size(); level++) {
        assertClose(alone.get(level), together.get(level).get(i + ":" + (i + 1)));
      }
      assertClose(scores(network, head, image), scores.get(i + ":" + (i + 1)));
    }
  }

  private NDArray scores(EfficientViM network, ClassificationHead head, NDArray images) {
    NDList features = network.classificationFeatures(store, images, false, Probe.NONE);
    return head.scores(store, features, false);
  }

  private static void assertClose(NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).isEqualTo(expected.getShape());
    float scale = expected.abs().max().getFloat();
    assertThat(actual.toFloatArray())
        .containsExactly(expected.toFloatArray(), within(1e-5f * scale));
  }

  @Test
  void anyStagesMayBeShown() {
    EfficientViM all = drawn(TINY);
    EfficientViM some = new EfficientViM(TINY.with(Map.of("out_indices", List.of(0, 2))));
    some.initialize(manager, DataType.FLOAT32, new Shape(1));
    Map<String, NDArray> state = StateDict.of(some);
    StateDict.of(all).forEach((name, array) -> state.get(name).muli(0).addi(array));
    NDArray images = manager.randomNormal(new Shape(1, 3, 64, 32));
    List<NDArray> expected = maps(all, images);
    assertThat(maps(some, images)).containsExactly(expected.get(0), expected.get(2));
    assertThat(some.levels())
        .containsExactly(new Backbone.LevelShape(16, 16), new Backbone.LevelShape(20, 64));
    assertThat(all.levels()).extracting(Backbone.LevelShape::stride).containsExactly(16, 32, 64);
  }

  @Test
  void foldedNormsGiveTheSame() {
    EfficientViM network = drawn(TINY.with(Map.of("ssd_expand", 1.5, "mlp_ratio", 2)));
    NDArray images = manager.randomNormal(new Shape(2, 3, 70, 64));
    List<NDArray> expected = maps(network, images);
    network.foldNorms();
    List<NDArray> folded = maps(network, images);
    for (int i = 0; i < expected.size(); i++) {
      assertClose(folded.get(i), expected.get(i));
    }
  }

  /** What the reference's softmax over the positions makes of a number that all of them share. */
  @Test
  void theDecayTakesPartInNothing() {
    EfficientViM network = drawn(TINY);
    NDArray images = manager.randomNormal(new Shape(1, 3, 64, 64));
    List<NDArray> expected = maps(network, images);
    StateDict.of(network).get("stages.0.blocks.1.mixer.A").addi(3f);
    assertThat(maps(network, images)).isEqualTo(expected);
  }

  @Test
  void frozenStagesKeepTheirStatisticsInTraining() {
    EfficientViM network = drawn(TINY);
    network.freezeStages(1);
    Map<String, float[]> before = new LinkedHashMap<>();
    StateDict.of(network).forEach((name, array) -> before.put(name, array.toFloatArray()));
    NDArray images = manager.randomNormal(new Shape(2, 3, 64, 64)).add(1f);
    network.features(store, images, true, Probe.NONE);
    StateDict.of(network)
        .forEach(
            (name, array) -> {
              boolean frozen = name.startsWith("patch_embed.") || name.startsWith("stages.0.");
              boolean moves = name.contains("running_") && !frozen;
              boolean moved = !Arrays.equals(array.toFloatArray(), before.get(name));
              assertThat(moved).as(name).isEqualTo(moves);
            });
    network
        .getParameters()
        .forEach(
            named -> {
              boolean learned =
                  !named.getKey().contains("running_")
                      && named.getKey().matches("stages\\.[12]\\..*");
              assertThat(named.getValue().requiresGradient()).as(named.getKey()).isEqualTo(learned);
            });
  }

  @Test
  void asManyStagesCanBeFrozenAsThereAre() {
    EfficientViM network = drawn(TINY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network.freezeStages(4))
        .withMessage("there are 3 stages, so 4 cannot be frozen");
    network.freezeStages(-1);
    assertThat(network.getParameters().get("patch_embed.conv.0.conv.weight").requiresGradient())
        .isTrue();
    network.freezeStages(0);
    assertThat(network.getParameters().get("patch_embed.conv.0.conv.weight").requiresGradient())
        .isFalse();
    assertThat(network.getParameters().get("stages.0.blocks.0.alpha").requiresGradient()).isTrue();
    network.freezeStages(3);
    assertThat(network.getParameters().values())
        .noneMatch(parameter -> parameter.requiresGradient());
  }

  @Test
  void probesSeeEveryPart() {
    EfficientViM network = drawn(TINY);
    Map<String, Shape> seen = new LinkedHashMap<>();
    NDArray images = manager.randomNormal(new Shape(2, 3, 64, 32));
    network.features(store, images, false, (name, array) -> seen.put(name, array.getShape()));
    Shape map = new Shape(2, 16, 4, 2);
    Map<String, Shape> expected = new LinkedHashMap<>();
    expected.put("patch_embed", map);
    for (String block : List.of("block0", "block1")) {
      expected.put(block + ".dwconv1", map);
      expected.put(block + ".norm", new Shape(2, 16, 8));
      expected.put(block + ".mixer", map);
      expected.put(block + ".mixer.hidden", new Shape(2, 16, 9));
      expected.put(block + ".ffn", map);
      expected.put(block, map);
    }
    expected.put("stage0", map);
    expected.put("stage0.hidden", new Shape(2, 16, 9));
    expected.put("downsample0", new Shape(2, 24, 2, 1));
    expected.put("stage1", new Shape(2, 24, 2, 1));
    expected.put("stage1.hidden", new Shape(2, 24, 5));
    expected.put("downsample1", new Shape(2, 20, 1, 1));
    expected.put("stage2", new Shape(2, 20, 1, 1));
    expected.put("stage2.hidden", new Shape(2, 20, 4));
    assertThat(seen).containsExactlyEntriesOf(expected);
  }

  @Test
  void freshWeightsStartAsPublished() {
    EfficientViM network = new EfficientViM(TINY);
    ClassificationHead head =
        new EfficientViM(TINY.with(Map.of("distillation", true))).classificationHead(5);
    network.initialize(manager, DataType.FLOAT32, new Shape(1));
    head.initialize(manager, DataType.FLOAT32, new Shape(1));
    Map<String, NDArray> state = StateDict.of(network);
    assertThat(state.get("stages.0.blocks.0.alpha").toFloatArray()).containsOnly(1e-4f);
    assertThat(state.get("stages.1.blocks.0.mixer.D").toFloatArray()).containsOnly(1f);
    for (float a : state.get("stages.0.blocks.0.mixer.A").toFloatArray()) {
      assertThat(a).isBetween(1f, 16f);
    }
    assertBound(state.get("stages.0.blocks.0.mixer.hz_proj.conv.weight"), 1 / Math.sqrt(16));
    assertBound(state.get("stages.0.blocks.0.mixer.dw.conv.weight"), 1 / Math.sqrt(9));
    assertBound(state.get("patch_embed.conv.1.conv.weight"), 1 / Math.sqrt(2 * 9));
    assertBound(state.get("stages.0.downsample.conv.2.fc1.bias"), 1 / Math.sqrt(96));
    Map<String, NDArray> ofHead = StateDict.of(head);
    assertThat(ofHead.get("weights").toFloatArray()).containsOnly(1f).hasSize(4);
    assertThat(ofHead.get("weights_dist").toFloatArray()).containsOnly(1f).hasSize(4);
    assertThat(ofHead.get("norm.3.weight").getShape()).isEqualTo(new Shape(1, 20, 1, 1));
    assertThat(ofHead.get("heads.0.bias").toFloatArray()).containsOnly(0f);
    assertBound(ofHead.get("heads_dist.2.weight"), 0.04);
  }

  private static void assertBound(NDArray array, double bound) {
    float largest = array.abs().max().getFloat();
    assertThat((double) largest).isBetween(0.5 * bound, bound);
  }

  @Test
  void imagesThatDoNotFitAreRefused() {
    EfficientViM network = drawn(TINY.with(Map.of("in_dim", 1)));
    assertThat(network.imageChannels()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> maps(network, manager.ones(new Shape(1, 3, 32, 32))))
        .withMessage("images must be (batch, 1, height, width), but are (1, 3, 32, 32)");
  }

  @Test
  void forwardPassesLeaveTheirResultsAlone() {
    EfficientViM network = drawn(TINY);
    ClassificationHead head =
        new EfficientViM(TINY.with(Map.of("distillation", true))).classificationHead(5);
    head.initialize(manager, DataType.FLOAT32, new Shape(1));
    int before = manager.getManagedArrays().size();
    for (boolean training : new boolean[] {false, true}) {
      try (NDManager images = manager.newSubManager()) {
        NDArray image = images.randomNormal(new Shape(2, 3, 64, 64));
        NDList features = network.classificationFeatures(store, image, training, Probe.NONE);
        NDArray scores = head.scores(store, features, training);
        List<NDArray> expected = new ArrayList<>(features);
        expected.addAll(List.of(image, scores));
        expected.addAll(network.features(store, image, training, Probe.NONE).maps());
        assertThat(images.getManagedArrays()).containsExactlyInAnyOrderElementsOf(expected);
      }
      assertThat(manager.getManagedArrays().size()).isEqualTo(before);
    }
  }
}
