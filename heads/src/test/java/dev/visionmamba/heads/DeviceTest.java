package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.SmallNetworks.Small;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.TileGrid;
import dev.visionmamba.heads.segmentation.SegmentationInference;
import dev.visionmamba.heads.segmentation.Segmenter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * All that a network makes on its way is made where its input is, not where the input's manager
 * makes its arrays by default. Here the input is on the CPU, and its manager makes arrays on a GPU,
 * which on this machine fails, or gives operands on two devices, which libtorch refuses.
 */
class DeviceTest {
  private final NDManager weights = NDManager.newBaseManager(Device.cpu());
  private final NDManager elsewhere = NDManager.newBaseManager(Device.gpu(99));

  @AfterEach
  void close() {
    elsewhere.close();
    weights.close();
  }

  static Stream<Small> networks() {
    return PrecisionTest.networks();
  }

  private NDArray images(Small small) {
    NDArray images = weights.randomUniform(0, 1, small.images(), DataType.FLOAT32);
    images.attach(elsewhere);
    return images;
  }

  private ParameterStore store() {
    return new ParameterStore(weights, false);
  }

  private static void assertAtHome(NDArray array) {
    assertThat(array.getDevice()).isEqualTo(Device.cpu());
    assertThat(array.toFloatArray()).isNotEmpty();
  }

  @Test
  void theOtherDeviceIsNotThere() {
    assertThat(elsewhere.getDevice()).isEqualTo(Device.gpu(99));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void outputsAreWhereTheImagesAre(Small small) {
    NamedBlock network = small.filled(weights);
    for (NDArray output : network.forward(store(), new NDList(images(small)), false)) {
      assertAtHome(output);
    }
  }

  static Stream<Small> detectors() {
    return SmallNetworks.detectors();
  }

  @ParameterizedTest
  @MethodSource("detectors")
  void objectsAreFound(Small small) {
    Detector detector = (Detector) small.filled(weights);
    List<ImageFrame> frames = List.of(ImageFrame.of(64, 96));
    assertThat(detector.detect(store(), images(small), frames)).hasSize(1);
  }

  static Stream<Small> segmenters() {
    return SmallNetworks.segmenters();
  }

  @ParameterizedTest
  @MethodSource("segmenters")
  void pixelsAreLabelled(Small small) {
    Segmenter segmenter = (Segmenter) small.filled(weights);
    NDArray labels = SegmentationInference.whole().labels(segmenter, store(), images(small));
    assertThat(labels.getDevice()).isEqualTo(Device.cpu());
  }

  static Stream<Small> restorers() {
    return SmallNetworks.restorers();
  }

  @ParameterizedTest
  @MethodSource("restorers")
  void tilesAreRestored(Small small) {
    Restorer restorer = (Restorer) small.filled(weights);
    assertAtHome(new TileGrid(40, 24, 2, 1).restore(restorer, store(), images(small)));
  }
}
