package dev.visionmamba.heads.segmentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From scores to answers: sizes, strips, windows, and what is left in memory. */
class SegmentationInferenceTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(4);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void labelsAreTheMostProbableClasses() {
    // So many scores that the labels are found in several strips.
    NDArray scores = manager.randomNormal(new Shape(2, 9, 20, 30));
    NDArray probabilities = SegmentationInference.probabilities(scores, 411, 700);
    assertThat(probabilities.getShape()).isEqualTo(new Shape(2, 9, 411, 700));
    assertThat(probabilities.sum(new int[] {1}).toFloatArray())
        .containsOnly(new float[] {1f}, within(1e-5f));
    NDArray labels = SegmentationInference.labels(scores, 411, 700);
    assertThat(labels.getDataType()).isEqualTo(DataType.INT64);
    assertThat(labels.getShape()).isEqualTo(new Shape(2, 411, 700));
    long[] want = probabilities.argMax(1).toLongArray();
    long[] got = labels.toLongArray();
    long different = IntStream.range(0, want.length).filter(i -> want[i] != got[i]).count();
    assertThat(different).isLessThan(5); // where two are equal within rounding
  }

  @Test
  void stepsThatLeavePixelsOutAreRefused() {
    assertThatThrownBy(() -> SegmentationInference.slide(48, 48, 32, 49))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("stride must be from 1 to crop_size, 48x48, got 32x49");
    assertThatThrownBy(() -> SegmentationInference.slide(48, 48, 0, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 0x8");
  }

  /** Nothing but the results is left to the manager of the images. */
  @Test
  void resultsAreLeftAlone() {
    Backbone backbone =
        Backbones.create(
            "vmamba_tiny_s1l8", Map.of("dims", 16, "depths", List.of(1, 1)), Purpose.FEATURES);
    FcnHead head = new FcnHead(backbone.levels(), 1, 6, 1, false, 5, 0f);
    Segmenter network = new Segmenter(backbone, null, head, null);
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
    network.freezeParameters(true);
    try (NDManager each = manager.newSubManager()) {
      NDArray images = each.ones(new Shape(1, 3, 64, 48));
      ParameterStore store = new ParameterStore(manager, false);
      NDArray scores = SegmentationInference.slide(32, 32, 20, 20).scores(network, store, images);
      assertThat(each.getManagedArrays()).hasSize(2);
      SegmentationInference.labels(scores, 70, 30);
      assertThat(each.getManagedArrays()).hasSize(3);
      SegmentationInference.probabilities(scores, 70, 30);
      assertThat(each.getManagedArrays()).hasSize(4);
      SegmentationInference.whole().scores(network, store, images);
      assertThat(each.getManagedArrays()).hasSize(5);
    }
  }
}
