package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.SegmenterModel;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkloadTest {
  private static final int HEIGHT = 64;
  private static final int WIDTH = 96;

  /** The small detector with masks, giving so many objects of a picture at most. */
  private static DetectorModel detector(int most) {
    ModelDescription usual;
    try (DetectorModel model = DenseModels.maskRcnn()) {
      usual = model.description();
    }
    Map<String, Object> arguments = new HashMap<>(usual.head().arguments());
    arguments.put("max_per_image", most);
    ModelDescription changed =
        new ModelDescription(
            usual.name(),
            usual.backbone(),
            usual.arguments(),
            new HeadDescription(usual.head().name(), arguments),
            usual.classes(),
            null,
            usual.fit(),
            Map.of());
    Engine.getEngine("PyTorch").setRandomSeed(3);
    DetectorModel model = DetectorModel.create(changed, Device.cpu());
    model.network().freezeParameters(true);
    return model;
  }

  private static List<Detections> found(DetectorModel model, int batch) {
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray images = manager.randomNormal(new Shape(batch, 3, HEIGHT, WIDTH));
      List<ImageFrame> frames = Collections.nCopies(batch, ImageFrame.of(HEIGHT, WIDTH));
      DetectionOptions options = Workload.busy(model.network(), images, frames);
      assertThat(options.masks()).isTrue();
      return model.network().detect(new ParameterStore(manager, false), images, frames, options);
    }
  }

  @Test
  void aDetectorFindsAsManyObjectsInNoiseAsItGivesAtMost() {
    try (DetectorModel model = detector(5)) {
      assertThat(found(model, 2))
          .hasSize(2)
          .allSatisfy(
              image -> {
                assertThat(image.size()).isEqualTo(5);
                assertThat(image.masks()).hasNumberOfRows(5);
              });
    }
  }

  @Test
  void aDetectorThatFindsFewerGivesAll() {
    try (DetectorModel model = detector(10_000)) {
      assertThat(found(model, 1).get(0).size()).isBetween(1, 9_999);
    }
  }

  @Test
  void anyNetworkIsMeasured() {
    try (DetectorModel model = detector(5);
        SegmenterModel segmenter = DenseModels.segmenter()) {
      NDManager manager = model.djlModel().getNDManager();
      int before = manager.getManagedArrays().size();
      Benchmark.Result boxes =
          Benchmark.run(Workload.of(model.network(), HEIGHT, WIDTH), manager, 2, 0, 3);
      assertThat(boxes.flops()).isEqualTo(4.0 * model.network().multiplyAdds(HEIGHT, WIDTH));
      assertThat(boxes.minMs()).isPositive().isLessThanOrEqualTo(boxes.medianMs());
      assertThat(boxes.ratio()).isGreaterThan(1);
      assertThat(manager.getManagedArrays()).hasSize(before);
      Benchmark.Result pixels =
          Benchmark.run(
              Workload.of(segmenter.network(), HEIGHT, WIDTH),
              segmenter.djlModel().getNDManager(),
              1,
              0,
              3);
      assertThat(pixels.flops()).isEqualTo(2.0 * segmenter.network().multiplyAdds(HEIGHT, WIDTH));
    }
  }
}
