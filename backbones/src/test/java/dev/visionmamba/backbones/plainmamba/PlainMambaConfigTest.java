package dev.visionmamba.backbones.plainmamba;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlainMambaConfigTest {

  /** Differs from the published variants in every argument. */
  private static final PlainMambaConfig OTHER =
      new PlainMambaConfig(
          48,
          81,
          4,
          8,
          40,
          5,
          3,
          List.of(1, 4),
          false,
          false,
          true,
          7,
          1.5,
          3,
          false,
          false,
          0.25f);

  @Test
  void everyArgumentGoesThereAndBack() {
    for (PlainMambaConfig config :
        List.of(OTHER, PlainMambaConfig.L1, PlainMambaConfig.L2, PlainMambaConfig.L3)) {
      assertThat(PlainMambaConfig.L1.with(config.toArguments())).isEqualTo(config);
      assertThat(OTHER.with(config.toArguments())).isEqualTo(config);
    }
  }

  @Test
  void eachArgumentChangesItsOwnComponent() {
    Map<String, Object> others = OTHER.toArguments();
    others.remove("arch");
    others.forEach(
        (name, value) -> {
          Map<String, Object> expected = PlainMambaConfig.L1.toArguments();
          expected.put(name, value);
          Map<String, Object> actual = PlainMambaConfig.L1.with(Map.of(name, value)).toArguments();
          for (Map<String, Object> arguments : List.of(expected, actual)) {
            mixer(arguments).remove("default_hw_shape"); // follows from the image's size
          }
          assertThat(actual).as(name).isEqualTo(expected);
        });
    mixer(others)
        .forEach(
            (name, value) -> {
              Map<String, Object> expected = PlainMambaConfig.L1.toArguments();
              mixer(expected).put(name, value);
              Map<String, Object> one = new HashMap<>();
              one.put(name, value); // which may be null
              Map<String, Object> layer = Map.of("mamba_cfg", one);
              assertThat(PlainMambaConfig.L1.with(Map.of("layer_cfgs", layer)).toArguments())
                  .as(name)
                  .isEqualTo(expected);
            });
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> mixer(Map<String, Object> arguments) {
    return (Map<String, Object>) ((Map<?, ?>) arguments.get("layer_cfgs")).get("mamba_cfg");
  }

  @Test
  void archNamesAPublishedVariant() {
    assertThat(OTHER.with(Map.of("arch", "L1"))).isEqualTo(PlainMambaConfig.L1);
    assertThat(OTHER.with(Map.of("arch", "L2"))).isEqualTo(PlainMambaConfig.L2);
    assertThat(OTHER.with(Map.of("arch", "L3", "img_size", 64)))
        .isEqualTo(PlainMambaConfig.L3.with(Map.of("img_size", 64)));
    assertRefused(
        "arch", "L4", "arch = L4 is not supported by PlainMamba; it may be L1 or L2 or L3");
  }

  @Test
  void numbersMayComeFromJson() {
    PlainMambaConfig config =
        PlainMambaConfig.L1.with(
            Map.of(
                "img_size",
                List.of(64.0, 96.0),
                "num_layers",
                2.0,
                "layers_with_dwconv",
                List.of(1.0),
                "out_indices",
                List.of(1.0),
                "layer_cfgs",
                Map.of(
                    "mamba_cfg", Map.of("d_state", 8.0, "default_hw_shape", List.of(14.0, 14.0)))));
    assertThat(config.imageHeight()).isEqualTo(64);
    assertThat(config.imageWidth()).isEqualTo(96);
    assertThat(config.depth()).isEqualTo(2);
    assertThat(config.layersWithConvolution()).containsExactly(1);
    assertThat(config.stateSize()).isEqualTo(8);
    assertThat(config.convSize()).isEqualTo(7);
    assertThat(PlainMambaConfig.L1.with(Map.of("img_size", 32)).imageWidth()).isEqualTo(32);
  }

  @Test
  void unknownArgumentsAreNamed() {
    assertRefused("embed_dim", 192, "PlainMamba has no argument \"embed_dim\"");
    assertRefused("layer_cfgs", Map.of("norm", 1), "layer_cfgs has no argument \"norm\"");
    assertMixerRefused("d_conv", 4, "mamba_cfg has no argument \"d_conv\"");
  }

  @Test
  void valuesOfTheWrongTypeAreRefused() {
    assertRefused("num_layers", "24", "num_layers must be a whole number from 1 on, got 24");
    assertRefused("num_layers", 2.5, "num_layers must be a whole number from 1 on, got 2.5");
    assertRefused("with_pos_embed", 1, "with_pos_embed must be true or false, got 1");
    assertRefused("layers_with_dwconv", 0, "layers_with_dwconv must be a list of whole numbers");
    assertRefused("layer_cfgs", 16, "layer_cfgs must be an object, got 16");
    assertRefused("layer_cfgs", Map.of("mamba_cfg", true), "mamba_cfg must be an object, got true");
    assertRefused(
        "img_size", List.of(1, 2, 3), "img_size must be a number or a height and a width");
    assertRefused("img_size", "big", "img_size must be a whole number from 1 on, got big");
    assertMixerRefused("expand", "2", "expand must be a number from 0.0 on, got 2");
  }

  @Test
  void optionsThatNoPublishedPlainMambaUsesAreRefused() {
    String reason = " in every published PlainMamba; other values are not supported";
    assertRefused("drop_rate", 0.1, "drop_rate is 0" + reason);
    for (Object shown : Arrays.asList(0, List.of(5, 11), List.of(22), "last")) {
      assertRefused("out_indices", shown, "out_indices is -1" + reason);
    }
    assertThat(PlainMambaConfig.L1.with(Map.of("out_indices", 23))).isEqualTo(PlainMambaConfig.L1);
    assertRefused("interpolate_mode", "bilinear", "it may be bicubic");
    assertMixerRefused("init_layer_scale", 0.1, "init_layer_scale is null" + reason);
    assertMixerRefused("dt_init", "constant", "it may be random");
    assertMixerRefused("dt_rank", 4, "it may be auto");
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    for (String name : List.of("in_channels", "embed_dims", "num_layers")) {
      assertRefused(name, 0, name + " must be a whole number from 1 on, got 0");
    }
    assertRefused("num_convs_patch_embed", -1, "num_convs_patch_embed must be a whole number");
    assertRefused("img_size", List.of(224, 1), "img_size must be at least 2, got 224x1");
    assertRefused("patch_size", 15, "patch_size must be even, got 15");
    assertRefused(
        "layers_with_dwconv",
        List.of(0, 24),
        "layers_with_dwconv must be layers from 0 to 23, got [0, 24]");
    assertRefused("drop_path_rate", 1, "drop_path_rate must be below 1, got 1.0");
    assertMixerRefused("conv_size", 4, "conv_size must be odd, got 4");
    assertMixerRefused("d_state", 0, "d_state must be a whole number from 1 on, got 0");
    assertMixerRefused("expand", 0, "expand 0.0 leaves no channel of 192");
  }

  private static void assertMixerRefused(String name, Object value, String message) {
    assertRefused("layer_cfgs", Map.of("mamba_cfg", Map.of(name, value)), message);
  }

  private static void assertRefused(String name, Object value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PlainMambaConfig.L1.with(Map.of(name, value)))
        .withMessageContaining(message);
  }

  @Test
  void derivedSizesFollowTheReference() {
    assertThat(PlainMambaConfig.L1.deltaRank()).isEqualTo(12);
    assertThat(PlainMambaConfig.L3.innerChannels()).isEqualTo(896);
    assertThat(PlainMambaConfig.L1.gridHeight()).isEqualTo(14);
    assertThat(OTHER.deltaRank()).isEqualTo(3);
    assertThat(OTHER.innerChannels()).isEqualTo(60);
    assertThat(OTHER.gridHeight()).isEqualTo(6);
    assertThat(OTHER.gridWidth()).isEqualTo(10); // 81 is halved to 40
    assertThat(PlainMambaConfig.L1.with(Map.of("img_size", 226)).gridWidth()).isEqualTo(15);
  }
}
