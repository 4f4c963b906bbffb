package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.backbones.vmamba.VMamba;
import dev.visionmamba.backbones.vmamba.VMambaConfig;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.heads.segmentation.SemanticFpnHead;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.ScanStrategy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SegmenterModelTest {
  private static final String BUNDLED = "vmamba_micro.fashion_scenes_segmentation";

  private static Segmenter network(ScanStrategy scan, int classes) {
    VMamba backbone = new VMamba(VMambaConfig.MICRO.withScan(scan));
    Fpn neck = new Fpn(backbone.levels(), FpnConfig.of(48, 4));
    return new Segmenter(
        backbone, neck, new SemanticFpnHead(neck.levels(), 48, classes, 0.1f), null);
  }

  /** The bundled weights in a network that was put together by hand, with the same scan. */
  @Test
  void aNetworkOfOnesOwnIsFilled() throws Exception {
    try (SegmenterModel bundled = ModelCatalogue.loadSegmenter(BUNDLED, Device.cpu());
        SegmenterModel same = filled(bundled, ScanStrategies.CROSS);
        SegmenterModel other = filled(bundled, ScanStrategies.DIAGONAL);
        NDManager manager = NDManager.newBaseManager()) {
      NDArray images = manager.randomNormal(new Shape(1, 3, 64, 64));
      ParameterStore store = new ParameterStore(manager, false);
      float[] wanted = bundled.network().forward(store, images, false).toFloatArray();
      assertThat(same.network().forward(store, images, false).toFloatArray())
          .containsExactly(wanted);
      assertThat(other.network().forward(store, images, false).toFloatArray()).isNotEqualTo(wanted);
    }
  }

  private static SegmenterModel filled(SegmenterModel bundled, ScanStrategy scan) throws Exception {
    int classes = bundled.description().classes().size();
    SegmenterModel model =
        SegmenterModel.create(network(scan, classes), bundled.description(), Device.cpu());
    Map<String, NDArray> weights = StateDict.of(bundled.network());
    weights.replaceAll((name, weight) -> weight.duplicate());
    model.fill(weights, BUNDLED);
    return model;
  }

  @Test
  void aNetworkOfOnesOwnFitsItsDescription() {
    FitInput fit = new FitInput(64, 64, 32, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));
    HeadDescription head = new HeadDescription("semantic_fpn", Map.of());
    ModelDescription three =
        new ModelDescription(
            "own", "own", Map.of(), head, List.of("a", "b", "c"), null, fit, Map.of());
    Segmenter network = network(ScanStrategies.CROSS, 2);
    assertThatThrownBy(() -> SegmenterModel.create(network, three, Device.cpu()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("names 3 classes, but the network has 2");
    ImageInput input = new ImageInput(64, 64, 64, "bicubic", List.of(0f), List.of(1f));
    ModelDescription classifier =
        new ModelDescription("own", "own", Map.of(), List.of("a", "b"), input, Map.of());
    assertThatThrownBy(() -> SegmenterModel.create(network, classifier, Device.cpu()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no fit");
  }
}
