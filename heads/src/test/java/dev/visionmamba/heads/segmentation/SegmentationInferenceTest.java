package dev.visionmamba.heads.segmentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  private Segmenter small(DataType type) {
    Backbone backbone = new OneConvolution(3, 6, 2);
    Segmenter network =
        new Segmenter(backbone, null, new FcnHead(backbone.levels(), 0, 6, 1, false, 5, 0f), null);
    network.initialize(manager, type, new Shape(1, 3, 32, 32));
    network.freezeParameters(true);
    NDArray weight = network.getParameters().get("decode_head.conv_seg.weight").getArray();
    weight.muli(100); // so that classes differ
    return network;
  }

  @Test
  void doublePrecisionLeavesItsResultAlone() {
    Segmenter network = small(DataType.FLOAT64);
    try (NDManager each = manager.newSubManager()) {
      NDArray images = each.ones(new Shape(1, 3, 40, 33), DataType.FLOAT64);
      SegmentationInference slide = SegmentationInference.slide(16, 16, 10, 12);
      NDArray scores = slide.scores(network, store(), images);
      assertThat(scores.getDataType()).isEqualTo(DataType.FLOAT64);
      assertThat(each.getManagedArrays()).containsExactlyInAnyOrder(images, scores);
      NDArray labels = slide.labels(network, store(), images);
      assertThat(each.getManagedArrays()).containsExactlyInAnyOrder(images, scores, labels);
    }
  }

  private ParameterStore store() {
    return new ParameterStore(manager, false);
  }

  /** Each pixel is the mean of what the windows that see it say, each seen as a whole. */
  @ParameterizedTest
  @CsvSource({
    "40, 33, 16, 16, 10, 12",
    "40, 33, 16, 16, 16, 16",
    "40, 33, 16, 16, 3, 5",
    "40, 33, 64, 16, 64, 7",
    "40, 33, 16, 64, 9, 64"
  })
  void slidingIsTheMeanOfItsWindows(int height, int width, int h, int w, int down, int across) {
    Segmenter network = small(DataType.FLOAT32);
    NDArray images = manager.randomNormal(new Shape(2, 3, height, width));
    double[] sums = new double[2 * 5 * height * width];
    int[] counts = new int[height * width];
    SegmentationInference whole = SegmentationInference.whole();
    for (int top : starts(height, h, down)) {
      for (int left : starts(width, w, across)) {
        int bottom = Math.min(top + h, height);
        int right = Math.min(left + w, width);
        NDArray part = images.get(new NDIndex(":, :, {}:{}, {}:{}", top, bottom, left, right));
        float[] scores = whole.scores(network, store(), part).toFloatArray();
        int at = 0;
        for (int map = 0; map < 10; map++) {
          for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
              sums[(map * height + y) * width + x] += scores[at++];
              counts[y * width + x] += map == 0 ? 1 : 0;
            }
          }
        }
      }
    }
    SegmentationInference slide = SegmentationInference.slide(h, w, down, across);
    float[] got = slide.scores(network, store(), images).toFloatArray();
    for (int i = 0; i < got.length; i++) {
      assertThat((double) got[i]).isCloseTo(sums[i] / counts[i % counts.length], within(1e-4));
    }
    NDArray labels = slide.labels(network, store(), images);
    NDArray scores = slide.scores(network, store(), images);
    assertThat(labels.getDataType()).isEqualTo(DataType.INT64);
    assertThat(labels).isEqualTo(scores.argMax(1));
    assertThat(LongStream.of(labels.toLongArray()).distinct().count()).isGreaterThan(1);
    assertThat(whole.labels(network, store(), images))
        .isEqualTo(whole.scores(network, store(), images).argMax(1));
  }

  /** The last window ends with the axis. */
  private static int[] starts(int size, int window, int step) {
    IntStream.Builder starts = IntStream.builder();
    for (int start = 0; ; start += step) {
      starts.add(Math.max(Math.min(start, size - window), 0));
      if (start + window >= size) {
        return starts.build().toArray();
      }
    }
  }

  /**
   * Rows are given as soon as no window will add to them, and no more at once than is asked for.
   */
  @ParameterizedTest
  @CsvSource({"1", "330", "1000", "1000000"})
  void scoresAreFinishedStripByStrip(long most) {
    Segmenter network = small(DataType.FLOAT32);
    int height = 61;
    int width = 33;
    NDArray images = manager.randomNormal(new Shape(1, 3, height, width));
    SegmentationInference slide = SegmentationInference.slide(16, 16, 10, 12);
    NDArray wanted = slide.scores(network, store(), images).transpose(0, 2, 3, 1);
    List<Long> firsts = new ArrayList<>();
    int before = manager.getManagedArrays().size();
    slide.slide(
        network,
        store(),
        images,
        most,
        (strip, first) -> {
          long rows = strip.getShape().get(1);
          assertThat(strip.getShape()).isEqualTo(new Shape(1, rows, width, 5));
          assertThat(strip.size()).isLessThanOrEqualTo(Math.max(most, 5L * width));
          assertThat(rows).isLessThanOrEqualTo(16);
          long done = firsts.isEmpty() ? 0 : firsts.get(firsts.size() - 1);
          assertThat(first).isEqualTo(done);
          firsts.add(first + rows);
          NDArray place = wanted.get(new NDIndex(":, {}:{}", first, first + rows));
          assertThat(strip.toFloatArray()).containsExactly(place.toFloatArray(), within(1e-5f));
          place.close();
        });
    assertThat(firsts).endsWith((long) height);
    assertThat(manager.getManagedArrays()).hasSize(before);
  }
}
