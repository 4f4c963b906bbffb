package dev.visionmamba.backbones.vmamba;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.ScanStrategy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VMambaTest {
  private static final Map<String, Object> SMALL = Map.of("dims", 16, "depths", List.of(1, 2, 1));
  private static final VMambaConfig RELEASED =
      VMambaConfig.TINY_S1L8.with(
          Map.of("dims", 16, "depths", List.of(1, 2, 1), "out_indices", List.of(0, 2)));
  private static final VMambaConfig VANILLA =
      VMambaConfig.VANILLA_TINY.with(
          Map.of("dims", 16, "depths", List.of(1, 2, 1), "out_indices", List.of()));

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private VMamba network(VMambaConfig config) {
    VMamba network = new VMamba(config);
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
    network.freezeParameters(true);
    return network;
  }

  private FeaturePyramid features(VMamba network, NDArray images) {
    return network.features(new ParameterStore(manager, false), images, false, Probe.NONE);
  }

  @ParameterizedTest
  @CsvSource({"32, 32", "64, 36", "37, 53", "100, 33", "5, 7"})
  void takesImagesOfAnySize(int height, int width) {
    for (VMambaConfig config : List.of(RELEASED, VANILLA)) {
      VMamba network = network(config);
      NDArray images = manager.randomNormal(new Shape(1, 3, height, width));
      FeaturePyramid pyramid = features(network, images);
      Shape[] shapes = network.getOutputShapes(new Shape[] {images.getShape()});
      assertThat(pyramid.levels()).hasSize(shapes.length);
      for (int i = 0; i < shapes.length; i++) {
        NDArray map = pyramid.levels().get(i).map();
        assertThat(map.getShape()).isEqualTo(shapes[i]);
        assertThat(map.isNaN().any().getBoolean()).isFalse();
      }
    }
  }

  @Test
  void aBatchIsItsImages() {
    for (VMambaConfig config : List.of(RELEASED, VANILLA)) {
      VMamba network = network(config);
      NDArray images = manager.randomNormal(new Shape(3, 3, 40, 32));
      FeaturePyramid all = features(network, images);
      for (int i = 0; i < 3; i++) {
        FeaturePyramid one = features(network, images.get(i + ":" + (i + 1)));
        for (int level = 0; level < one.levels().size(); level++) {
          float[] want = one.levels().get(level).map().toFloatArray();
          assertThat(all.levels().get(level).map().get(i).toFloatArray())
              .containsExactly(want, within(1e-4f));
        }
      }
    }
  }

  @Test
  void showsTheStagesOfOutIndices() {
    VMamba chosen = new VMamba(RELEASED);
    assertThat(chosen.levels()).extracting("channels").containsExactly(16, 64);
    assertThat(chosen.levels()).extracting("stride").containsExactly(4, 16);
    assertThat(chosen.getParameters().keys()).contains("outnorm0.weight", "outnorm2.bias");
    VMamba all = new VMamba(VANILLA);
    assertThat(all.levels()).extracting("channels").containsExactly(16, 32, 64);
    assertThat(all.getParameters().keys()).noneMatch(name -> name.startsWith("outnorm"));
  }

  @Test
  void anyStrategyWalksItsMaps() {
    ScanStrategy own = (height, width) -> ScanStrategies.RASTER.paths(height, width);
    NDArray images = manager.randomNormal(new Shape(1, 3, 48, 32));
    for (ScanStrategy strategy :
        List.of(
            ScanStrategies.HILBERT,
            ScanStrategies.CONTINUOUS,
            ScanStrategies.DIAGONAL.then(ScanStrategies.CROSS),
            own)) {
      VMamba network = network(RELEASED.withScan(strategy));
      int directions = strategy.paths(8, 8).size();
      assertThat(network.getParameters().get("layers.0.blocks.0.op.A_logs").getShape())
          .isEqualTo(new Shape(directions * 16L, 1));
      assertThat(features(network, images).coarsest().map().getShape())
          .isEqualTo(new Shape(1, 64, 3, 2));
    }
  }

  @Test
  void argumentsAreThoseOfTheReference() {
    assertThat(VMambaConfig.BASE_S2L15.with(VMambaConfig.BASE_S2L15.toArguments()))
        .isEqualTo(VMambaConfig.BASE_S2L15);
    assertThat(VMambaConfig.VANILLA_BASE.with(Map.of()).gated()).isTrue();
    assertThat(VMambaConfig.TINY_S1L8.with(SMALL).channelsOf(2)).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource({
    "depth, 3, VMamba has no argument \"depth\"",
    "dims, 0, dims must be a whole number from 1 on",
    "dims, 1.5, dims must be a whole number from 1 on",
    "depths, 3, depths must be a list of whole numbers",
    "ssm_ratio, -1, ssm_ratio must be a number from 0.0 on",
    "ssm_ratio, 0, ssm_ratio 0.0 leaves no channel",
    "forward_type, v2, forward_type = v2 is not supported by VMamba; it may be v05_noz or v0",
    "ssm_conv, 5, ssm_conv is 3 in every published VMamba",
    "drop_path_rate, 1, drop_path_rate must be below 1"
  })
  void argumentsOutOfRangeAreNamed(String name, String value, String message) {
    Object argument = value.matches("-?[0-9.]+") ? Double.valueOf(value) : value;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VMambaConfig.TINY_S1L8.with(Map.of(name, argument)))
        .withMessageContaining(message);
  }

  @Test
  void listsOutOfRangeAreNamed() {
    for (List<Integer> indices : List.of(List.of(4), List.of(2, 1), List.of(0, 0))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> VMambaConfig.TINY_S1L8.with(Map.of("out_indices", indices)))
          .withMessageContaining("out_indices must be stages from 0 to 3 in rising order");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VMambaConfig.TINY_S1L8.with(Map.of("depths", List.of())))
        .withMessageContaining("at least one stage");
  }

  @Test
  void imagesThatDoNotFitAreNamed() {
    VMamba network = network(VANILLA);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> features(network, manager.ones(new Shape(1, 1, 32, 32))))
        .withMessageContaining("images must be (batch, 3, height, width)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> features(network, manager.ones(new Shape(1, 3, 3, 32))))
        .withMessageContaining("smaller than the kernel");
  }
}
