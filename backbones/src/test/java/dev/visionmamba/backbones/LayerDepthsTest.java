package dev.visionmamba.backbones;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbones.Purpose;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which layer each parameter belongs to. */
class LayerDepthsTest {

  /** Depths by name. */
  private static Map<String, Integer> depths(Backbone backbone) {
    Map<String, Integer> byId = backbone.depths();
    Map<String, Integer> byName = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : backbone.getParameters()) {
      byName.put(named.getKey(), byId.get(named.getValue().getId()));
    }
    return byName;
  }

  private static Backbone create(String name) {
    return Backbones.create(name, Map.of(), Purpose.CLASSIFICATION);
  }

  @Test
  void vimCountsItsBlocks() {
    Backbone vim = create("vim_tiny");
    assertThat(vim.layerCount()).isEqualTo(24);
    assertThat(depths(vim))
        .containsEntry("cls_token", 0)
        .containsEntry("pos_embed", 0)
        .containsEntry("patch_embed.proj.weight", 0)
        .containsEntry("layers.0.mixer.in_proj.weight", 1)
        .containsEntry("layers.23.norm.weight", 24)
        .containsEntry("norm_f.weight", 25)
        .doesNotContainValue(null);
  }

  @Test
  void vmambaCountsBlocksOverItsStages() {
    Backbone vmamba = create("vmamba_tiny_s1l8"); // 2, 2, 8, 2
    assertThat(vmamba.layerCount()).isEqualTo(14);
    assertThat(depths(vmamba))
        .containsEntry("patch_embed.0.weight", 0)
        .containsEntry("layers.0.blocks.0.norm.weight", 1)
        .containsEntry("layers.0.blocks.1.norm.weight", 2)
        .containsEntry("layers.0.downsample.1.weight", 3)
        .containsEntry("layers.1.blocks.0.norm.weight", 3)
        .containsEntry("layers.3.blocks.1.norm.weight", 14)
        .doesNotContainValue(null);
  }

  @Test
  void plainMambaCountsItsLayers() {
    Backbone plain = create("plainmamba_l1");
    assertThat(plain.layerCount()).isEqualTo(24);
    Map<String, Integer> depths = depths(plain);
    assertThat(depths).containsEntry("ln1.weight", 25).doesNotContainValue(null);
    depths.forEach(
        (name, depth) -> {
          if (name.startsWith("layers.")) {
            assertThat(depth).isEqualTo(Integer.parseInt(name.split("\\.")[1]) + 1);
          } else if (name.startsWith("patch_embed")) {
            assertThat(depth).isZero();
          }
        });
  }

  @Test
  void efficientViMCountsBlocksOverItsStages() {
    Backbone network = create("efficientvim_m1"); // 2, 2, 2
    assertThat(network.layerCount()).isEqualTo(6);
    Map<String, Integer> depths = depths(network);
    assertThat(depths).doesNotContainValue(null);
    depths.forEach(
        (name, depth) -> {
          String[] part = name.split("\\.");
          if (name.matches("stages\\.\\d\\.blocks\\..*")) {
            assertThat(depth)
                .as(name)
                .isEqualTo(2 * Integer.parseInt(part[1]) + Integer.parseInt(part[3]) + 1);
          } else if (name.matches("stages\\.\\d\\.downsample\\..*")) {
            assertThat(depth).as(name).isEqualTo(2 * Integer.parseInt(part[1]) + 3);
          } else {
            assertThat(depth).as(name).isZero();
          }
        });
    assertThat(depths.values()).contains(0, 1, 2, 3, 4, 5, 6);
  }

  @Test
  void aBackboneOfOnesOwnCountsItsStages() {
    Backbone own = new OwnBackbone(8);
    assertThat(own.layerCount()).isEqualTo(own.stages().size() - 1);
    assertThat(depths(own)).containsEntry("stage0.weight", 0).containsEntry("stage1.weight", 1);
  }
}
