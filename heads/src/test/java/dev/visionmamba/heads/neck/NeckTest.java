package dev.visionmamba.heads.neck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.GoldenBlocks;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Necks at odd sizes, what they refuse, their gradients and what they keep. */
class NeckTest {
  private static final List<LevelShape> INPUTS = GoldenBlocks.levels(List.of(6, 8, 10), 8);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(5);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Neck> necks() {
    return Stream.of(
        new Fpn(INPUTS, FpnConfig.of(4, 5)),
        new Fpn(INPUTS, FpnConfig.retina(4)),
        new Fpn(INPUTS, new FpnConfig(4, 2, 3, ExtraLevels.ON_OUTPUT, true)),
        new EfficientViMFpn(INPUTS, 4, 2, 6),
        new EfficientViMFpn(INPUTS, 4, 0, 3));
  }

  private ParameterStore store() {
    return new ParameterStore(manager, false);
  }

  private NDList maps(NDManager owner, int batch, int height, int width) {
    NDList maps = new NDList();
    for (LevelShape input : INPUTS) {
      maps.add(owner.randomNormal(new Shape(batch, input.channels(), height, width)));
      height = (height + 1) / 2;
      width = (width + 1) / 2;
    }
    return maps;
  }

  private Neck ready(Neck neck) {
    Shape[] shapes = maps(manager, 1, 8, 8).getShapes();
    neck.initialize(manager, DataType.FLOAT32, shapes);
    return neck;
  }

  @ParameterizedTest
  @MethodSource("necks")
  void levelsHaveTheShapesThatAreNamed(Neck neck) {
    ready(neck);
    NDList maps = maps(manager, 2, 13, 5);
    List<FeaturePyramid.Level> input = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      input.add(new FeaturePyramid.Level(maps.get(i), INPUTS.get(i).stride()));
    }
    FeaturePyramid pyramid = neck.forward(store(), new FeaturePyramid(input), false);
    assertThat(pyramid.maps().getShapes()).isEqualTo(neck.getOutputShapes(maps.getShapes()));
    assertThat(pyramid.levels().stream().map(l -> new LevelShape(l.channels(), l.stride())))
        .isEqualTo(neck.levels());
    // A batch's images are independent.
    for (int image = 0; image < 2; image++) {
      String one = image + ":" + (image + 1);
      NDList alone = new NDList(maps.stream().map(map -> map.get(one)).toList());
      NDList levels = neck.forward(store(), alone, false);
      for (int i = 0; i < levels.size(); i++) {
        assertThat(levels.get(i).toFloatArray())
            .containsExactly(pyramid.maps().get(i).get(one).toFloatArray(), within(1e-5f));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("necks")
  void mapsOfOnePixelPass(Neck neck) {
    ready(neck);
    NDList levels = neck.forward(store(), maps(manager, 1, 1, 1), false);
    assertThat(levels).hasSameSizeAs(neck.levels());
    assertThat(levels.get(levels.size() - 1).getShape()).isEqualTo(new Shape(1, 4, 1, 1));
  }

  /** Every parameter that a level depends on gets a gradient, and the maps do. */
  @ParameterizedTest
  @MethodSource("necks")
  void gradientsReachEveryParameterAndMap(Neck neck) {
    ready(neck);
    NDList maps = maps(manager, 2, 13, 9);
    maps.forEach(map -> map.setRequiresGradient(true));
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray loss = null;
      for (NDArray level : neck.forward(store(), maps, true)) {
        NDArray part = level.exp().sum();
        loss = loss == null ? part : loss.add(part);
      }
      collector.backward(loss);
    }
    neck.getParameters()
        .forEach(
            named -> {
              Parameter parameter = named.getValue();
              if (parameter.requiresGradient()) {
                NDArray gradient = parameter.getArray().getGradient();
                assertThat(gradient.abs().sum().getFloat()).as(named.getKey()).isPositive();
              }
            });
    int first = neck instanceof Fpn fpn ? fpn.config().startLevel() : 0;
    for (int i = first; i < maps.size(); i++) {
      assertThat(maps.get(i).getGradient().abs().sum().getFloat()).isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource("necks")
  void nothingIsLeftButTheLevels(Neck neck) {
    ready(neck);
    int before = manager.getManagedArrays().size();
    try (NDManager each = manager.newSubManager()) {
      NDList maps = maps(each, 1, 13, 9);
      neck.forward(new ParameterStore(each, false), maps, false);
      assertThat(each.getManagedArrays()).hasSize(maps.size() + neck.levels().size());
    }
    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void foldedNormsChangeNothing() {
    Neck neck = ready(new Fpn(INPUTS, new FpnConfig(4, 1, 4, ExtraLevels.ON_INPUT, true)));
    assertThat(neck.getParameters().keys())
        .contains("fpn_convs.3.conv.weight", "fpn_convs.3.bn.running_var")
        .noneMatch(name -> name.endsWith("conv.bias"));
    StateDict.of(neck)
        .forEach(
            (name, array) -> {
              if (name.contains(".bn.")) {
                array.addi(manager.randomUniform(0.1f, 1f, array.getShape()));
              }
            });
    NDList maps = maps(manager, 1, 9, 7);
    NDList before = neck.forward(store(), maps, false);
    neck.foldNorms();
    NDList after = neck.forward(store(), maps, false);
    for (int i = 0; i < before.size(); i++) {
      assertThat(after.get(i).toFloatArray())
          .containsExactly(before.get(i).toFloatArray(), within(1e-5f));
    }
  }

  @ParameterizedTest
  @EnumSource(ExtraLevels.class)
  void costsAreThoseOfTheConvolutions(ExtraLevels extra) {
    Neck neck = new Fpn(INPUTS, new FpnConfig(4, 1, 4, extra, false));
    Shape[] maps = maps(manager, 3, 16, 12).getShapes(); // those used are 8x6 and 4x3
    long cost = 48 * (8 * 4 + 4 * 4 * 9) + 12 * (10 * 4 + 4 * 4 * 9);
    long first = extra == ExtraLevels.ON_INPUT ? 10 : 4;
    long more = extra == ExtraLevels.MAX_POOL ? 0 : 4 * first * 4 * 9 + 4 * 4 * 9;
    assertThat(neck.multiplyAdds(maps)).isEqualTo(cost + more);
    long finer = 192 * (6 * 4 + 4 * 4 * 9) + 192 * 4 * 4 * 4 + 768 * 4 * 4 * 9;
    assertThat(new EfficientViMFpn(INPUTS, 4, 1, 4).multiplyAdds(maps)).isEqualTo(cost + finer);
  }

  @Test
  void mapsThatDoNotFitAreRefused() {
    Neck neck = ready(new Fpn(INPUTS, FpnConfig.of(4, 4)));
    NDList two = new NDList(maps(manager, 1, 8, 8).subList(0, 2));
    assertThatThrownBy(() -> neck.forward(store(), two, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[6, 8, 10] channels")
        .hasMessageContaining("(1, 8, 4, 4)");
    NDList uneven = maps(manager, 1, 8, 8);
    uneven.set(2, manager.ones(new Shape(2, 10, 2, 2)));
    assertThatThrownBy(() -> neck.forward(store(), uneven, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(2, 10, 2, 2)");
    assertThatThrownBy(() -> new Fpn(INPUTS, FpnConfig.of(4, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("num_outs 2");
    assertThatThrownBy(() -> new Fpn(INPUTS, new FpnConfig(4, 3, 4, ExtraLevels.MAX_POOL, false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("start_level 3");
    assertThatThrownBy(() -> FpnConfig.of(0, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("out_channels");
    assertThatThrownBy(() -> new EfficientViMFpn(INPUTS, 4, 4, 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("finer than stride 8");
    assertThatThrownBy(() -> new Fpn(List.of(), FpnConfig.of(4, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one map");
  }
}
