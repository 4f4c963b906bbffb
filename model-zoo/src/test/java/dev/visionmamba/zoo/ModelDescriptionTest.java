package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelDescriptionTest {
  private static final ModelDescription DESCRIPTION =
      new ModelDescription(
          "pets",
          "vim_micro",
          Map.of(
              "depth", 2L, "drop_path_rate", 0.5, "rms_norm", true, "img_size", List.of(28L, 56L)),
          List.of("cat", "dog"),
          new ImageInput(32, 28, 56, "bilinear", List.of(0.5f), List.of(0.25f)),
          Map.of("data", "photographs \"at home\" <&>"));

  @Test
  void survivesItsJson() {
    assertThat(ModelDescription.fromJson(DESCRIPTION.toJson())).isEqualTo(DESCRIPTION);
    assertThat(DESCRIPTION.toJson()).doesNotContain("\n");
  }

  @Test
  void survivesItsJsonWithAnotherHead() {
    ModelDescription segmenter =
        new ModelDescription(
            "scenes",
            "vmamba_tiny_s1l8",
            Map.of("dims", 32L),
            new HeadDescription("semantic_fpn", Map.of("channels", 48L)),
            List.of("ground", "coat"),
            null,
            new FitInput(128, 512, 32, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
            Map.of());
    assertThat(ModelDescription.fromJson(segmenter.toJson())).isEqualTo(segmenter);
    assertThat(DESCRIPTION.toJson()).doesNotContain("head", "fit");
    assertThat(DESCRIPTION.head()).isEqualTo(HeadDescription.LINEAR);
    String without = segmenter.toJson().replaceAll(",\"fit\":\\{.*?\\}", "");
    assertThatThrownBy(() -> ModelDescription.fromJson(without))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fit");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "7",
        "[]",
        "{",
        "{\"name\":\"x\"}",
        "{\"name\":\"x\",\"backbone\":\"vim_micro\",\"classes\":[]}",
        "{\"name\":\"x\",\"backbone\":\"vim_micro\",\"classes\":[\"a\"],\"input\":{\"resize\":0}}",
        "{\"name\":{},\"backbone\":[],\"classes\":{}}"
      })
  void refusesWhatIsNone(String json) {
    assertThatThrownBy(() -> ModelDescription.fromJson(json))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .isNotBlank();
  }

  @Test
  void refusesDeepNesting() {
    String deep = "[".repeat(200_000);
    assertThatThrownBy(() -> ModelDescription.fromJson("{\"arguments\":" + deep))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void inputsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> new ImageInput(8, 8, 8, "nearest", List.of(0f), List.of(1f)))
        .hasMessageContaining("nearest");
    assertThatThrownBy(() -> new ImageInput(8, 8, 8, "bicubic", List.of(0f), List.of(0f)))
        .hasMessageContaining("std");
    assertThatThrownBy(() -> new ImageInput(8, 8, 8, "bicubic", List.of(0f, 0f), List.of(1f, 1f)))
        .hasMessageContaining("channels");
  }
}
