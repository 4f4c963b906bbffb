package dev.visionmamba.backbones.efficientvim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EfficientViMConfigTest {

  @Test
  void argumentsSayEverything() {
    for (EfficientViMConfig config :
        List.of(
            EfficientViMConfig.M1,
            EfficientViMConfig.M2,
            EfficientViMConfig.M3,
            EfficientViMConfig.M4)) {
      assertThat(config.with(Map.of())).isEqualTo(config);
      assertThat(EfficientViMConfig.M2.with(config.toArguments())).isEqualTo(config);
    }
  }

  @Test
  void aStageHasItsChannels() {
    EfficientViMConfig config =
        EfficientViMConfig.M1.with(Map.of("ssd_expand", 1.5, "mlp_ratio", 2.01));
    assertThat(config.channelsOf(1)).isEqualTo(192);
    assertThat(config.innerChannelsOf(1)).isEqualTo(288);
    assertThat(config.hiddenChannelsOf(1)).isEqualTo(385);
    assertThat(config.stages()).isEqualTo(3);
  }

  @Test
  void imagesMayBeGivenByOneSideOrTwo() {
    assertThat(EfficientViMConfig.M4.imageSize()).containsExactly(256, 256);
    assertThat(EfficientViMConfig.M1.with(Map.of("img_size", 96.0)).imageSize())
        .containsExactly(96, 96);
    assertThat(EfficientViMConfig.M1.with(Map.of("img_size", List.of(64, 80))).imageSize())
        .containsExactly(64, 80);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(Map.of("depth", 2), "EfficientViM has no argument \"depth\""),
        Arguments.of(Map.of("depths", List.of()), "depths must name at least one stage"),
        Arguments.of(Map.of("depths", List.of(2, 0, 2)), "depths must be a whole number from 1"),
        Arguments.of(
            Map.of("depths", List.of(2, 2)),
            "embed_dim must have one number a stage, like depths [2, 2]: [128, 192, 320]"),
        Arguments.of(
            Map.of("state_dim", List.of(49, 25)),
            "state_dim must have one number a stage, like depths [2, 2, 2]: [49, 25]"),
        Arguments.of(
            Map.of("state_dim", List.of(49, 25, 0)), "state_dim must be a whole number from 1 on"),
        Arguments.of(Map.of("embed_dim", List.of(7, 8, 8)), "embed_dim must begin with at least 8"),
        Arguments.of(Map.of("embed_dim", 128), "embed_dim must be a list of whole numbers"),
        Arguments.of(Map.of("ssd_expand", 0.005), "ssd_expand 0.005 leaves no channel of 128"),
        Arguments.of(Map.of("ssd_expand", -1), "ssd_expand must be a number from 0.0 on, got -1"),
        Arguments.of(Map.of("mlp_ratio", 0), "mlp_ratio 0.0 leaves no channel of 128"),
        Arguments.of(
            Map.of("mlp_ratio", Double.NaN), "mlp_ratio must be a number from 0.0 on, got NaN"),
        Arguments.of(Map.of("distillation", 1), "distillation must be true or false, got 1"),
        Arguments.of(Map.of("in_dim", 0), "in_dim must be a whole number from 1 on, got 0"),
        Arguments.of(Map.of("img_size", 0), "img_size must be a whole number from 1 on, got 0"),
        Arguments.of(
            Map.of("img_size", List.of(64)), "img_size must be a number or a height and a width"),
        Arguments.of(
            Map.of("out_indices", List.of(0, 3)),
            "out_indices must be stages from 0 to 2 in rising order, got [0, 3]"),
        Arguments.of(Map.of("out_indices", List.of(1, 1)), "in rising order, got [1, 1]"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void valuesThatDoNotSuitAreRefused(Map<String, Object> arguments, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EfficientViMConfig.M1.with(arguments))
        .withMessageContaining(message);
  }
}
