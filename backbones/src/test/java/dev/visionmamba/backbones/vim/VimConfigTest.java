package dev.visionmamba.backbones.vim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.visionmamba.backbones.vim.VimConfig.ClassToken;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VimConfigTest {

  /** Differs from the published variants in every argument. */
  private static final VimConfig OTHER =
      new VimConfig(
          48, 80, 4, 8, 5, 40, 3, 7, 3, 3, ClassToken.DOUBLE, false, false, 1e-6f, false, 0.25f);

  @Test
  void everyArgumentGoesThereAndBack() {
    assertThat(VimConfig.TINY.with(OTHER.toArguments())).isEqualTo(OTHER);
    assertThat(OTHER.with(VimConfig.TINY.toArguments())).isEqualTo(VimConfig.TINY);
    for (ClassToken classToken : ClassToken.values()) {
      VimConfig config = withClassToken(classToken);
      assertThat(VimConfig.TINY.with(config.toArguments())).isEqualTo(config);
      assertThat(OTHER.with(config.toArguments())).isEqualTo(config);
    }
  }

  private static VimConfig withClassToken(ClassToken classToken) {
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("if_cls_token", classToken != ClassToken.NONE);
    arguments.put("use_middle_cls_token", classToken == ClassToken.MIDDLE);
    arguments.put("use_double_cls_token", classToken == ClassToken.DOUBLE);
    VimConfig config = VimConfig.SMALL.with(arguments);
    assertThat(config.classToken()).isEqualTo(classToken);
    return config;
  }

  @Test
  void eachArgumentChangesItsOwnComponent() {
    OTHER
        .toArguments()
        .forEach(
            (name, value) -> {
              Map<String, Object> expected = new HashMap<>(VimConfig.TINY.toArguments());
              expected.put(name, value);
              if (name.equals("use_double_cls_token")) {
                expected.put("use_middle_cls_token", false);
              }
              if (name.equals("if_cls_token")) {
                return; // as it was
              }
              assertThat(VimConfig.TINY.with(Map.of(name, value)).toArguments())
                  .as(name)
                  .isEqualTo(expected);
            });
  }

  @Test
  void numbersMayComeFromJson() {
    VimConfig config =
        VimConfig.TINY.with(
            Map.of(
                "img_size",
                List.of(64.0, 96.0),
                "depth",
                2.0,
                "drop_path_rate",
                0,
                "ssm_cfg",
                Map.of("d_state", 8.0, "expand", 1)));
    assertThat(config.imageHeight()).isEqualTo(64);
    assertThat(config.imageWidth()).isEqualTo(96);
    assertThat(config.depth()).isEqualTo(2);
    assertThat(config.stateSize()).isEqualTo(8);
    assertThat(config.innerChannels()).isEqualTo(192);
    assertThat(VimConfig.TINY.with(Map.of("img_size", 32)).imageWidth()).isEqualTo(32);
  }

  @Test
  void argumentsWithoutEffectOrAtTheirPublishedValueAreTaken() {
    assertThat(
            VimConfig.TINY.with(
                Map.of(
                    "residual_in_fp32", true,
                    "fused_add_norm", false,
                    "bimamba_type", "v2",
                    "final_pool_type", "mean",
                    "if_rope", false,
                    "if_rope_residual", false,
                    "if_bidirectional", false,
                    "flip_img_sequences_ratio", -1.0)))
        .isEqualTo(VimConfig.TINY);
  }

  @Test
  void unknownArgumentsAreRefused() {
    assertRefused("if_devide_out", true, "Vim has no argument \"if_devide_out\"");
    assertRefused("ssm_cfg", Map.of("dt_rank", 4), "ssm_cfg has no argument \"dt_rank\"");
  }

  @Test
  void valuesOfTheWrongTypeAreRefused() {
    assertRefused("depth", "24", "depth must be a whole number from 1 on, got 24");
    assertRefused("depth", 2.5, "depth must be a whole number from 1 on, got 2.5");
    assertRefused("depth", 1e12, "depth must be a whole number from 1 on, got 1.0E12");
    assertRefused("depth", Double.NaN, "depth must be a whole number from 1 on, got NaN");
    assertRefused("rms_norm", 1, "rms_norm must be true or false, got 1");
    assertRefused("fused_add_norm", "no", "fused_add_norm must be true or false, got no");
    assertRefused("norm_epsilon", true, "norm_epsilon must be a number from 0.0 on, got true");
    assertRefused(
        "img_size",
        List.of(1, 2, 3),
        "img_size must be a number or a height and a width, got [1, 2, 3]");
    assertRefused("ssm_cfg", 16, "ssm_cfg must be an object, got 16");
  }

  @Test
  void optionsThatNoPublishedVimUsesAreRefused() {
    String reason = " is not used by any published Vim and not supported";
    assertRefused("bimamba_type", "v1", "bimamba_type = v1" + reason);
    assertThat(VimConfig.TINY.with(Map.of("final_pool_type", "none"))).isEqualTo(VimConfig.TINY);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> VimConfig.TINY.with(Map.of("final_pool_type", "none", "if_cls_token", false)))
        .withMessageContaining("final_pool_type = none");
    assertRefused("final_pool_type", "max", "final_pool_type = max" + reason);
    assertRefused("if_rope", true, "if_rope = true" + reason);
    assertRefused("flip_img_sequences_ratio", 0.5, "flip_img_sequences_ratio = 0.5" + reason);
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    for (String name :
        List.of(
            "img_size",
            "channels",
            "patch_size",
            "stride",
            "embed_dim",
            "depth",
            "d_state",
            "d_conv",
            "expand")) {
      assertRefused(name, 0, name + " must be a whole number from 1 on, got 0");
    }
    assertRefused("img_size", List.of(224, 15), "img_size 224x15 is smaller than patch_size 16");
    assertRefused("norm_epsilon", 0, "norm_epsilon must be above 0");
    assertRefused("drop_path_rate", 1, "drop_path_rate in 0 up to 1");
    assertRefused(
        "drop_path_rate", Float.NaN, "drop_path_rate must be a number from 0.0 on, got NaN");
  }

  private static void assertRefused(String name, Object value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VimConfig.TINY.with(Map.of(name, value)))
        .withMessageContaining(message);
  }

  @Test
  void derivedSizesFollowThePaper() {
    assertThat(VimConfig.TINY.deltaRank()).isEqualTo(12);
    assertThat(OTHER.deltaRank()).isEqualTo(3);
    assertThat(OTHER.innerChannels()).isEqualTo(120);
    assertThat(OTHER.gridHeight()).isEqualTo(9);
    assertThat(OTHER.gridWidth()).isEqualTo(15);
    assertThat(VimConfig.TINY_STRIDE8.gridHeight()).isEqualTo(27);
  }
}
