package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbones;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the papers and their repositories say about the variants. */
class PublishedVariantsTest {
  private static final String POOLING = "_224_bimambav2_final_pool_mean_abs_pos_embed_with_";

  @ParameterizedTest
  @CsvSource({
    "vim_tiny, vim_tiny_patch16, midclstok_div2, 7148008",
    "vim_tiny_stride8, vim_tiny_patch16_stride8, midclstok_div2, 7250344",
    "vim_small, vim_small_patch16, midclstok_div2, 25796584",
    "vim_small_stride8, vim_small_patch16_stride8, midclstok_div2, 26001256",
    "vim_base, vim_base_patch16, middle_cls_token_div2, 97598440"
  })
  void haveThePublishedSizesByEitherName(
      String name, String official, String ending, long parameters) {
    assertThat(Classifier.create(name, Map.of()).parameterCount()).isEqualTo(parameters);
    Classifier alias = Classifier.create(official + POOLING + ending, Map.of());
    assertThat(alias.parameterCount()).isEqualTo(parameters);
    assertThat(alias.classes()).isEqualTo(1000);
    assertThat(Backbones.find(name).orElseThrow().published()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "vmamba_tiny_s1l8, 30249064, 4.9",
    "vmamba_small_s1l20, 49012840, 8.6",
    "vmamba_base_s1l20, 86614504, 15.2",
    "vmamba_tiny_s2l5, 30705832, 4.9",
    "vmamba_small_s2l15, 50147752, 8.7",
    "vmamba_base_s2l15, 88557800, 15.4",
    "vanilla_vmamba_tiny, 22893448, 5.6",
    "vanilla_vmamba_small, 44417416, 11.2",
    "vanilla_vmamba_base, 76254056, 18.0"
  })
  void vmambaHasThePublishedSizes(String name, long parameters, double gigaOperations) {
    Classifier network = Classifier.create(name, Map.of());
    assertThat(network.parameterCount()).isEqualTo(parameters);
    assertThat(network.multiplyAdds(224, 224) / 1e9).isCloseTo(gigaOperations, withinPercentage(4));
  }

  @ParameterizedTest
  @CsvSource({
    "plainmamba_l1, 7551656, 3.0",
    "plainmamba_l2, 26145832, 8.1",
    "plainmamba_l3, 50956456, 14.4"
  })
  void plainMambaHasThePublishedSizes(String name, long parameters, double gigaOperations) {
    Classifier network = Classifier.create(name, Map.of());
    assertThat(network.parameterCount()).isEqualTo(parameters);
    assertThat(network.multiplyAdds(224, 224) / 1e9).isCloseTo(gigaOperations, withinPercentage(1));
  }

  @ParameterizedTest
  @CsvSource({
    "EfficientViM_M1, 6679458, 7643462, 224, 239",
    "EfficientViM_M2, 13903842, 15315846, 224, 355",
    "EfficientViM_M3, 16604174, 18176178, 224, 656",
    "EfficientViM_M4, 19606505, 21178509, 256, 1111"
  })
  void efficientViMHasThePublishedSizes(
      String official, long parameters, long withDistillation, int size, double megaOperations) {
    String name = official.toLowerCase(Locale.ROOT);
    Classifier network = Classifier.create(name, Map.of());
    assertThat(network.parameterCount()).isEqualTo(parameters);
    assertThat(network.backbone().imageSize()).isEqualTo(new Shape(size, size));
    // The published count has the batch norms, too, which can be folded.
    assertThat(network.multiplyAdds(size, size) / 1e6)
        .isCloseTo(megaOperations, withinPercentage(1.2));
    assertThat(Classifier.create(official, Map.of()).parameterCount()).isEqualTo(parameters);
    for (String distilled : List.of(name + "_dist", official + "_dist")) {
      assertThat(Classifier.create(distilled, Map.of()).parameterCount())
          .isEqualTo(withDistillation);
    }
  }

  @Test
  void theStateDictHasTheReferencesOrder() {
    List<String> expected =
        new ArrayList<>(
            List.of(
                "cls_token",
                "pos_embed",
                "patch_embed.proj.weight",
                "patch_embed.proj.bias",
                "head.weight",
                "head.bias"));
    for (int layer = 0; layer < 24; layer++) {
      for (String name :
          List.of(
              "mixer.A_log",
              "mixer.D",
              "mixer.A_b_log",
              "mixer.D_b",
              "mixer.in_proj.weight",
              "mixer.conv1d.weight",
              "mixer.conv1d.bias",
              "mixer.x_proj.weight",
              "mixer.dt_proj.weight",
              "mixer.dt_proj.bias",
              "mixer.conv1d_b.weight",
              "mixer.conv1d_b.bias",
              "mixer.x_proj_b.weight",
              "mixer.dt_proj_b.weight",
              "mixer.dt_proj_b.bias",
              "mixer.out_proj.weight",
              "norm.weight")) {
        expected.add("layers." + layer + "." + name);
      }
    }
    expected.add("norm_f.weight");
    assertThat(Classifier.create("vim_tiny", Map.of()).getParameters().keys()).isEqualTo(expected);
  }

  @Test
  void costWhatThePapersSay() {
    // LocalMamba's README compares with Vim at 1.5 and 5.1 G.
    assertThat(Classifier.create("vim_tiny", Map.of()).multiplyAdds(224, 224))
        .isBetween(1_450_000_000L, 1_600_000_000L);
    assertThat(Classifier.create("vim_small", Map.of()).multiplyAdds(224, 224))
        .isBetween(4_900_000_000L, 5_500_000_000L);
  }

  @Test
  void costGrowsWithTheTokens() {
    Classifier tiny = Classifier.create("vim_tiny", Map.of());
    long head = 192_000;
    // 197 and 785 tokens; the convolution of the patches grows like the patches, 196 and 784.
    double ratio =
        (double) (tiny.multiplyAdds(448, 448) - head) / (tiny.multiplyAdds(224, 224) - head);
    assertThat(ratio).isBetween(785.0 / 197, 784.0 / 196);
  }

  @Test
  void anyArgumentMayBeChanged() {
    Classifier small =
        Classifier.create("vim_tiny", Map.of("num_classes", 10.0, "depth", 2, "img_size", 64));
    assertThat(small.classes()).isEqualTo(10);
    assertThat(small.backbone().imageSize()).isEqualTo(new Shape(64, 64));
    assertThat(small.backbone().imageChannels()).isEqualTo(3);
    assertThat(small.getParameters().get("head.weight").getShape()).isEqualTo(new Shape(10, 192));
    assertThat(small.getParameters().get("pos_embed").getShape()).isEqualTo(new Shape(1, 17, 192));
    assertThat(small.getOutputShapes(new Shape[] {new Shape(2, 3, 64, 64)}))
        .containsExactly(new Shape(2, 10));
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Classifier.create("vim_huge", Map.of()))
        .withMessage(
            "no backbone \"vim_huge\"; did you mean vim_base? There are: "
                + String.join(", ", Backbones.names()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backbones.create("VMamba_tiny_s1l9"))
        .withMessageContaining("did you mean vmamba_tiny_s1l8? There are: vim_micro, ");
    assertThat(Backbones.find("vim_huge")).isEmpty();
  }

  @Test
  void classesMustBeAPositiveNumber() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Classifier.create("vim_micro", Map.of("num_classes", 0)))
        .withMessage("num_classes must be at least 1, got 0");
    for (Object classes : List.of("ten", 10.5, Double.NaN)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Classifier.create("vim_micro", Map.of("num_classes", classes)))
          .withMessage("num_classes must be a whole number, got %s", classes);
    }
  }
}
