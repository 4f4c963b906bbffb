package dev.visionmamba.zoo.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ImageInput;
import java.io.StringReader;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {
  private static final Catalogue PUBLISHED = Catalogue.published();

  private static CatalogueEntry entry(String name) {
    return PUBLISHED.find(name).orElseThrow();
  }

  @Test
  void everyPublishedNetworkHasItsCheckpoints() {
    for (Backbones.Entry backbone : Backbones.all()) {
      int expected =
          !backbone.published()
              ? 0
              : backbone.family().equals("EfficientViM") && !backbone.name().endsWith("_dist")
                  ? 2
                  : 1;
      assertThat(PUBLISHED.ofNetwork(backbone.name())).as(backbone.name()).hasSize(expected);
    }
    Map<Task, Long> counts =
        PUBLISHED.entries().stream()
            .collect(Collectors.groupingBy(CatalogueEntry::task, Collectors.counting()));
    assertThat(counts)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                Task.CLASSIFICATION, 29L,
                Task.DETECTION, 4L,
                Task.INSTANCE_SEGMENTATION, 17L,
                Task.SEMANTIC_SEGMENTATION, 11L,
                Task.RESTORATION, 29L));
  }

  @Test
  void anEntryIsAsItWasPublished() {
    CatalogueEntry tiny = entry("vmamba_tiny_s1l8.imagenet1k");
    assertThat(tiny.urls())
        .containsExactly(
            URI.create(
                "https://github.com/MzeroMiko/VMamba/releases/download/%23v2cls/vssm1_tiny_0230s_ckpt_epoch_264.pth"));
    assertThat(tiny.file()).isEqualTo("vssm1_tiny_0230s_ckpt_epoch_264.pth");
    assertThat(tiny.nesting()).isEqualTo("model");
    assertThat(tiny.licence()).contains("MIT");
    assertThat(tiny.scores()).containsExactly(Map.entry("top-1", 82.6));
    assertThat(tiny.size()).isEmpty();
    assertThat(tiny.sha256()).isEmpty();
    List<Float> mean = List.of(0.485f, 0.456f, 0.406f);
    List<Float> std = List.of(0.229f, 0.224f, 0.225f);
    assertThat(tiny.input()).contains(new ImageInput(256, 224, 224, "bicubic", mean, std));
    assertThat(entry("efficientvim_m4").input())
        .contains(new ImageInput(292, 256, 256, "bicubic", mean, std));
    assertThat(ClassNames.named(tiny.classes()).orElseThrow())
        .hasSize(1000)
        .startsWith("tench")
        .endsWith("toilet tissue");
    CatalogueEntry detector = entry("mask_rcnn_vmamba_tiny_s1l8.coco_1x");
    assertThat(detector.task()).isEqualTo(Task.INSTANCE_SEGMENTATION);
    assertThat(detector.backbone()).isEqualTo("vmamba_tiny_s1l8");
    assertThat(detector.nesting()).isEqualTo("state_dict");
    assertThat(detector.prefix()).isEqualTo("backbone.");
    assertThat(detector.headArguments()).isEmpty();
    assertThat(detector.fit()).contains(new FitInput(800, 1333, 32, mean, std));
    assertThat(ClassNames.named(detector.classes()).orElseThrow())
        .hasSize(80)
        .startsWith("person")
        .endsWith("toothbrush");
    assertThat(entry("mask_rcnn_plainmamba_l1").headArguments())
        .isEqualTo(Map.of("neck_norm", true, "box_convolutions", 4L, "box_linears", 1L));
    assertThat(entry("upernet_vmamba_tiny_s1l8").fit())
        .contains(new FitInput(512, 2048, 1, mean, std));
    CatalogueEntry stretched = entry("semantic_fpn_efficientvim_m4");
    assertThat(stretched.fit()).contains(new FitInput(512, 2048, 32, true, mean, std));
    assertThat(ClassNames.named(stretched.classes()).orElseThrow())
        .hasSize(150)
        .startsWith("wall")
        .endsWith("flag");
    assertThat(detector.scores()).containsEntry("box AP", 47.3).containsEntry("mask AP", 42.7);
    assertThat(entry("vim_tiny").note().orElseThrow()).contains("not verified");
  }

  @ParameterizedTest
  @CsvSource({
    "vmamba_tiny_s1l8, vmamba_tiny_s1l8.imagenet1k",
    "efficientvim_m1, efficientvim_m1.imagenet1k_e450",
    "EfficientViM_M1_dist, efficientvim_m1_dist.imagenet1k",
    "efficientvim_m1.imagenet1k_e300, efficientvim_m1.imagenet1k_e300",
    "vim_base_patch16_224_bimambav2_final_pool_mean_abs_pos_embed_with_middle_cls_token_div2,"
        + " vim_base.imagenet1k",
    "mask_rcnn_vmamba_tiny_s1l8, mask_rcnn_vmamba_tiny_s1l8.coco_3x",
    "mask_rcnn_vmamba_tiny, mask_rcnn_vmamba_tiny_s1l8.coco_3x",
    "mask_rcnn_vmamba_small, mask_rcnn_vmamba_small_s2l15.coco_3x",
    "upernet_vmamba_tiny, upernet_vmamba_tiny_s1l8.ade20k",
    "vmamba_tiny, vmamba_tiny_s1l8.imagenet1k",
    "vmamba_small, vmamba_small_s1l20.imagenet1k",
    "upernet_plainmamba_l3, upernet_plainmamba_l3.ade20k"
  })
  void aNetworksNameMeansItsDefault(String name, String checkpoint) {
    assertThat(entry(name).name()).isEqualTo(checkpoint);
    assertThat(PUBLISHED.ofNetwork(entry(name).network()).get(0).preferred())
        .isEqualTo(PUBLISHED.ofNetwork(entry(name).network()).size() > 1);
  }

  @Test
  void unknownNamesHaveNearOnes() {
    assertThat(PUBLISHED.find("vim_tinny")).isEmpty();
    assertThat(PUBLISHED.find("vim_micro")).isEmpty();
    assertThat(PUBLISHED.nearest("vim_tinny", 3, List.of())).hasSize(3).startsWith("vim_tiny");
    assertThat(PUBLISHED.nearest("vim_tiny.imagenet", 1, List.of()))
        .containsExactly("vim_tiny.imagenet1k");
    assertThat(PUBLISHED.nearest("own.modell", 1, List.of("own.model")))
        .containsExactly("own.model");
  }

  private static final String CATALOGUE =
      """
      {
        "inputs": {"i": {"resize": 256, "height": 224, "width": 224, "interpolation": "bicubic",
                         "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]}},
        "fits": {"f": {"shorter_side": 512, "longer_side": 2048, "multiple": 32, "stretched": true,
                       "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]}},
        "families": {"Vim": {"source": "https://a.example"}},
        "checkpoints": [
          {"name": "vim_tiny.toys", "family": "Vim", "task": "classification",
           "backbone": "vim_tiny", "head": "linear", "urls": ["https://a.example/x/a.pth"],
           "nesting": "model", "arguments": {"depth": 2, "rms_norm": true, "ssm_cfg": "x",
           "img_size": [32, 32], "drop_path_rate": 0.5}, "size": 7,
           "input": "i", "classes": "imagenet1k", "scores": {"top-1": 50}}
        ]
      }
      """;

  private static Catalogue read(String json) {
    return Catalogue.read(new StringReader(json), "toys.json");
  }

  @Test
  void readsAnotherCatalogue() {
    CatalogueEntry entry = read(CATALOGUE).find("vim_tiny").orElseThrow();
    assertThat(entry.file()).isEqualTo("a.pth");
    assertThat(entry.size()).hasValue(7);
    assertThat(entry.licence()).isEmpty();
    assertThat(entry.arguments())
        .isEqualTo(
            Map.of(
                "depth",
                2L,
                "rms_norm",
                true,
                "ssm_cfg",
                "x",
                "img_size",
                List.of(32L, 32L),
                "drop_path_rate",
                0.5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"name\": \"vim_tiny.toys\" | \"name\": \"vim_tiny\" | name",
        "\"name\": \"vim_tiny.toys\" | \"name\": \"../vim.toys\" | name",
        "\"name\": \"vim_tiny.toys\" | \"name\": \"vim_small.toys\" | must begin with",
        "\"name\": \"vim_tiny.toys\" | \"name\": 7 | a text",
        "\"backbone\": \"vim_tiny\" | \"backbone\": \"vim_tinny\" | vim_tinny",
        "\"backbone\": \"vim_tiny\" | \"backbone\": \"plainmamba_l1\" | PlainMamba",
        "\"family\": \"Vim\" | \"family\": \"Wim\" | Wim",
        "\"task\": \"classification\" | \"task\": \"cooking\" | cooking",
        "\"input\": \"i\", | '' | input",
        "\"input\": \"i\" | \"input\": \"j\" | no input \"j\"",
        "\"input\": \"i\" | \"input\": \"i\", \"fit\": \"g\" | no fit \"g\"",
        "\"task\": \"classification\" | \"task\": \"detection\" | has no \"fit\"",
        "\"longer_side\": 2048 | \"longer_side\": 20 | fits \"f\"",
        "\"stretched\": true | \"stretched\": 1 | true or false",
        "\"classes\": \"imagenet1k\" | \"classes\": \"birds\" | birds",
        "https://a.example/x/a.pth | ftp://a.example/x/a.pth | urls",
        "https://a.example/x/a.pth | https://u:p@a.example/a.pth | urls",
        "https://a.example/x/a.pth | https://a.example/x/ | file",
        "https://a.example/x/a.pth | https://a.example/x/a.exe | file",
        "https://a.example/x/a.pth | https://a.example/x/..%2Fa.pth/%2E%2E | file",
        "[\"https://a.example/x/a.pth\"] | [] | urls",
        "[\"https://a.example/x/a.pth\"] | \"https://a.example/x/a.pth\" | a list",
        "\"size\": 7 | \"size\": 0 | size",
        "\"size\": 7 | \"size\": 7.5 | a whole number",
        "\"size\": 7 | \"sha256\": \"abc\" | sha256",
        "\"size\": 7 | \"sice\": 7 | unknown [sice]",
        "\"top-1\": 50 | \"top-1\": 150 | scores",
        "\"top-1\": 50 | \"top-1\": \"50\" | a number",
        "\"depth\": 2 | \"depth\": null | depth",
        "\"head\": \"linear\", | '' | \"head\"",
        "\"resize\": 256 | \"resize\": 0 | inputs \"i\"",
        "\"source\": | \"sauce\": | families \"Vim\"",
        "\"inputs\": | \"imputs\": | \"inputs\"",
        "\"checkpoints\": [ | \"checkpoints\": [7, | an object",
        "\"families\" | families | not JSON"
      })
  void whatIsNotAsItShouldBeIsRefusedWithItsPlace(String right, String wrong, String words) {
    assertThat(CATALOGUE).contains(right);
    assertThatThrownBy(() -> read(CATALOGUE.replace(right, wrong)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("toys.json: ")
        .hasMessageContaining(words);
  }

  @Test
  void defaultsMustBeClear() {
    CatalogueEntry first = entry("efficientvim_m1.imagenet1k_e300");
    CatalogueEntry second = entry("efficientvim_m1.imagenet1k_e450");
    assertThat(Catalogue.of(List.of(first)).find("efficientvim_m1")).contains(first);
    assertThat(Catalogue.of(List.of(first, second)).find("efficientvim_m1")).contains(second);
    Stream.of(List.of(first, first), List.of(second, second))
        .forEach(
            twice ->
                assertThatThrownBy(() -> Catalogue.of(twice)).hasMessageContaining("there twice"));
    String two = CATALOGUE.replace("\"checkpoints\": [", "\"checkpoints\": [" + sibling() + ",");
    assertThatThrownBy(() -> read(two)).hasMessageContaining("exactly one must be its default");
  }

  private static String sibling() {
    String entry = CATALOGUE.substring(CATALOGUE.indexOf("{\"name\""), CATALOGUE.lastIndexOf(']'));
    return entry.replace("vim_tiny.toys", "vim_tiny.games");
  }
}
