package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbones;
import java.util.ArrayList;
import java.util.List;
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
            "no backbone \"vim_huge\"; there are: vim_micro, vim_tiny, vim_tiny_stride8,"
                + " vim_small, vim_small_stride8, vim_base");
    assertThat(Backbones.find("vim_huge")).isEmpty();
    assertThat(Backbones.all()).extracting(Backbones.Entry::family).containsOnly("Vim");
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
