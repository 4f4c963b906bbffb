package dev.visionmamba.backbones;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimConfig;
import dev.visionmamba.backbones.vmamba.VMamba;
import dev.visionmamba.backbones.vmamba.VMambaConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProbeTest {

  /** Copies outlive the scopes and the managers of the pass in which they were made. */
  @Test
  void copiesStay() {
    Vim vim = new Vim(VimConfig.MICRO.with(Map.of("depth", 2)));
    VMamba vmamba = new VMamba(VMambaConfig.MICRO);
    for (Backbone backbone : List.of(vim, vmamba)) {
      try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
        Shape shape = new Shape(1, backbone.imageChannels(), 28, 28);
        backbone.initialize(manager, DataType.FLOAT32, shape);
        NDArray images = manager.randomNormal(shape);
        Map<String, NDArray> seen = new LinkedHashMap<>();
        ParameterStore store = new ParameterStore(manager, false);
        backbone.features(store, images, false, Probe.copying(seen));
        assertThat(seen).containsKeys("patch_embed", "block0", "block0.mixer");
        seen.forEach(
            (name, copy) -> {
              assertThat(copy.getManager()).as(name).isSameAs(manager);
              assertThat(copy.toFloatArray()).as(name).doesNotContain(Float.NaN);
            });
      }
    }
  }
}
