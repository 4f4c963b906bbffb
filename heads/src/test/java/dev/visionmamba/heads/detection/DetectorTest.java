package dev.visionmamba.heads.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.SimpleFeaturePyramid;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.Neck;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.ops.Rois;
import dev.visionmamba.heads.ops.Tapes;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Detectors as networks: batches, memory, gradients, nothing found, what is refused. */
class DetectorTest {
  private static final int HEIGHT = 64;
  private static final int WIDTH = 96;

  /** The detectors, small. */
  enum Kind {
    MASK_RCNN,
    RETINANET,
    CASCADE;

    Detector create() {
      if (this == CASCADE) {
        Backbone net =
            Backbones.create(
                "vim_tiny",
                Map.of(
                    "img_size",
                    List.of(HEIGHT, WIDTH),
                    "embed_dim",
                    16,
                    "depth",
                    2,
                    "d_state",
                    4,
                    "drop_path_rate",
                    0.0),
                Purpose.FEATURES);
        return new Detector(
            new SimpleFeaturePyramid(net, 8),
            null,
            new CascadeRcnn(CascadeRcnnConfig.published(8, 3, 12)));
      }
      Backbone backbone =
          Backbones.create(
              "vmamba_tiny_s1l8",
              Map.of("dims", 8, "depths", List.of(1, 1, 1, 1), "drop_path_rate", 0.0),
              Purpose.FEATURES);
      boolean retina = this == RETINANET;
      Neck neck = new Fpn(backbone.levels(), retina ? FpnConfig.retina(8) : FpnConfig.of(8, 5));
      DetectionHead head =
          retina
              ? new RetinaNet(RetinaNetConfig.published(8, 3))
              : new MaskRcnn(MaskRcnnConfig.published(8, 3, BoxHeadConfig.twoLinears(12)));
      return new Detector(backbone, neck, head);
    }
  }

  /** Weights large enough for something to be found, the same each time. */
  private static Detector filled(Kind kind, NDManager manager) {
    Detector detector = kind.create();
    Random random = new Random(4);
    for (Parameter parameter : detector.getParameters().values()) {
      Shape shape = parameter.getShape();
      double bound = shape.dimension() == 1 ? 0.3 : Math.sqrt(6.0 / (shape.size() / shape.get(0)));
      float offset = parameter.getName().equals("running_var") ? 1 : 0;
      float[] values = new float[(int) shape.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = offset + (float) ((random.nextDouble() * 2 - 1) * bound);
      }
      NDArray array = manager.create(values, shape);
      parameter.setInitializer((owner, of, type) -> array);
      parameter.initialize(manager, DataType.FLOAT32);
    }
    return detector;
  }

  private static NDArray images(NDManager manager, int count) {
    Random random = new Random(9);
    float[] values = new float[count * 3 * HEIGHT * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return manager.create(values, new Shape(count, 3, HEIGHT, WIDTH));
  }

  @ParameterizedTest
  @EnumSource
  void aBatchFindsWhatItsImagesFindAlone(Kind kind) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Detector detector = filled(kind, manager);
      detector.freezeParameters(true);
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = images(manager, 2);
      List<ImageFrame> frames =
          List.of(new ImageFrame(64, 90, 128, 180), new ImageFrame(50, 96, 25, 48));
      List<Detections> both = detector.detect(store, images, frames);
      for (int i = 0; i < 2; i++) {
        Detections alone =
            detector.detect(store, images.get(i + ":" + (i + 1)), frames.subList(i, i + 1)).get(0);
        Detections together = both.get(i);
        assertThat(alone.size()).isPositive();
        assertThat(together.size()).isEqualTo(alone.size());
        assertThat(together.scores()).containsExactly(alone.scores(), offset(1e-4f));
        ImageFrame frame = frames.get(i);
        for (int k = 0; k < together.size(); k++) {
          float[] box = together.box(k);
          assertThat(box[0]).isBetween(0f, box[2]);
          assertThat(box[1]).isBetween(0f, box[3]);
          assertThat(box[2]).isLessThanOrEqualTo(frame.originalWidth() + 1e-3f);
          assertThat(box[3]).isLessThanOrEqualTo(frame.originalHeight() + 1e-3f);
          assertThat(together.labels()[k]).isBetween(0, 2);
          if (kind != Kind.RETINANET) {
            assertThat(together.masks()[k]).hasSize(28 * 28);
          }
        }
      }
    }
  }

  private static Offset<Float> offset(float value) {
    return Offset.offset(value);
  }

  @ParameterizedTest
  @EnumSource
  void detectingKeepsNothing(Kind kind) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Detector detector = filled(kind, manager);
      detector.freezeParameters(true);
      try (NDManager scope = manager.newSubManager()) {
        ParameterStore store = new ParameterStore(scope, false);
        NDArray images = images(scope, 1);
        List<ImageFrame> frames = List.of(ImageFrame.of(HEIGHT, WIDTH));
        detector.detect(store, images, frames);
        int before = scope.getManagedArrays().size();
        int parameters = manager.getManagedArrays().size();
        for (int i = 0; i < 3; i++) {
          detector.detect(store, images, frames);
        }
        assertThat(scope.getManagedArrays()).hasSize(before);
        assertThat(manager.getManagedArrays()).hasSize(parameters);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void predictionsLeaveTheirResultsAlone(Kind kind) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Detector detector = filled(kind, manager);
      detector.freezeParameters(true);
      int parameters = manager.getManagedArrays().size();
      for (boolean autograd : new boolean[] {false, true}) {
        try (NDManager scope = manager.newSubManager();
            GradientMode mode = GradientMode.set(autograd)) {
          ParameterStore store = new ParameterStore(scope, false);
          NDArray images = images(scope, 1);
          List<NDArray> wanted = new ArrayList<>(List.of(images));
          NDList maps = detector.pyramid(store, images, false).maps();
          wanted.addAll(maps);
          assertThat(scope.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
          wanted.addAll(detector.forward(store, new NDList(images), false));
          assertThat(scope.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
          wanted.addAll(detector.head().forward(store, maps, false));
          assertThat(scope.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
          detector.head().detect(store, maps, List.of(ImageFrame.of(HEIGHT, WIDTH)));
          assertThat(scope.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
        }
        assertThat(manager.getManagedArrays()).hasSize(parameters);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void shapesAreAsPromised(Kind kind) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Detector detector = filled(kind, manager);
      NDArray images = images(manager, 2);
      NDList outputs =
          detector.forward(new ParameterStore(manager, false), new NDList(images), false);
      assertThat(outputs.getShapes())
          .isEqualTo(detector.getOutputShapes(new Shape[] {images.getShape()}));
    }
  }

  /** What a training step differentiates: all that a head predicts. */
  private static NDArray loss(Detector detector, ParameterStore store, NDArray images, Rois rois) {
    NDManager manager = images.getManager();
    Random random = new Random(3);
    NDList maps = detector.backbone().features(store, images, true, Probe.NONE).maps();
    if (detector.neck() != null) {
      maps = detector.neck().forward(store, maps, true);
    }
    DetectionHead head = detector.head();
    List<NDArray> levels = head.channelLast(maps);
    List<NDArray> outputs = new ArrayList<>();
    for (LevelPrediction prediction : head.predict(store, levels, true)) {
      outputs.add(prediction.scores());
      outputs.add(prediction.deltas());
    }
    if (head instanceof MaskRcnn maskRcnn) {
      BoxPrediction boxes = maskRcnn.boxes(store, maskRcnn.boxFeatures(levels, rois), true);
      outputs.add(boxes.scores());
      outputs.add(boxes.deltas());
      outputs.add(maskRcnn.masks(store, maskRcnn.maskFeatures(levels, rois), true));
    } else if (head instanceof CascadeRcnn cascade) {
      for (int stage = 0; stage < 3; stage++) {
        BoxPrediction boxes = cascade.boxes(store, stage, cascade.boxFeatures(levels, rois), true);
        outputs.add(boxes.scores());
        outputs.add(boxes.deltas());
      }
      outputs.add(cascade.masks(store, cascade.maskFeatures(levels, rois), true));
    }
    NDList sums = new NDList();
    for (NDArray output : outputs) {
      float[] weights = new float[(int) output.size()];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (random.nextFloat() * 2 - 1) / weights.length;
      }
      sums.add(output.mul(manager.create(weights, output.getShape())).sum());
    }
    return NDArrays.stack(sums).sum();
  }

  /** Through the tape, gradients are those of autograd alone. */
  @ParameterizedTest
  @EnumSource
  void gradientsFlowThroughAllParts(Kind kind) {
    Rois rois =
        new Rois(
            new float[] {3, 4, 30, 40, 10, 5, 90, 60, 50, 20, 58, 31, 0, 0, 96, 64},
            new int[] {0, 1, 1, 0});
    List<Map<String, float[]>> gradients = new ArrayList<>();
    for (boolean taped : new boolean[] {false, true}) {
      try (NDManager manager = NDManager.newBaseManager()) {
        Detector detector = filled(kind, manager);
        NDArray images = images(manager, 2);
        detector.getParameters().values().stream()
            .filter(Parameter::requiresGradient)
            .forEach(parameter -> parameter.getArray().setRequiresGradient(true));
        try (GradientCollector collector =
            taped ? Tapes.collector() : manager.getEngine().newGradientCollector()) {
          ParameterStore store = new ParameterStore(manager, false);
          collector.backward(loss(detector, store, images, rois));
        }
        Map<String, float[]> of = new LinkedHashMap<>();
        detector
            .getParameters()
            .forEach(
                named -> {
                  if (named.getValue().requiresGradient()) {
                    of.put(
                        named.getKey(), named.getValue().getArray().getGradient().toFloatArray());
                  }
                });
        gradients.add(of);
      }
    }
    for (String name : gradients.get(0).keySet()) {
      float[] expected = gradients.get(0).get(name);
      float[] actual = gradients.get(1).get(name);
      float largest = 1e-4f;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(actual).as(name).containsExactly(expected, offset(1e-3f * largest));
    }
    Stream<float[]> all = gradients.get(1).values().stream();
    assertThat(all.filter(values -> !isZero(values)).count())
        .isGreaterThan(gradients.get(1).size() * 9L / 10);
  }

  private static boolean isZero(float[] values) {
    for (float value : values) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  /** Every weight of a head acts once at each place, or in each region. */
  @Test
  void costsCountEveryWeight() {
    Shape[] maps =
        Stream.of(80, 40, 20, 10, 5)
            .map(width -> new Shape(1, 4, (width + 1) / 2, width))
            .toArray(Shape[]::new);
    long places = 0;
    for (Shape map : maps) {
      places += map.get(2) * map.get(3);
    }
    RetinaNet retina =
        new RetinaNet(
            new RetinaNetConfig(
                4, 3, List.of(8, 16, 32, 64, 128), 4f, 3, 2, 10, new MulticlassNms(0, 0.5f, 5)));
    long weights = 2 * 2 * 4 * 4 * 9 + 4 * 9 * 27 + 4 * 9 * 36;
    assertThat(retina.multiplyAdds(maps)).isEqualTo(places * weights);
    MaskRcnnConfig published = MaskRcnnConfig.published(4, 3, BoxHeadConfig.twoLinears(5));
    long dense = places * (4 * 4 * 9 + 4 * 3 + 4 * 12);
    long box = 4 * 49 * 5 + 5 * 5 + 5 * 4 + 5 * 12;
    long mask = 4 * 4 * 4 * 9 * 196 + 4 * 4 * 4 * 196 + 4 * 3 * 784;
    assertThat(new MaskRcnn(published).multiplyAdds(maps))
        .isEqualTo(dense + 1000 * box + 100 * mask);
    // The cascade makes its fifth level itself.
    long cascadeDense = places * (2 * 4 * 4 * 9 + 4 * 3 + 4 * 12);
    long stage = 4 * 4 * 4 * 9 * 49 + 4 * 49 * 5 + 5 * 4 + 5 * 4;
    assertThat(
            new CascadeRcnn(CascadeRcnnConfig.published(4, 3, 5))
                .multiplyAdds(Arrays.copyOf(maps, 4)))
        .isEqualTo(cascadeDense + 1000 * 3 * stage + 100 * mask);
  }

  /** A head whose thresholds let nothing pass. */
  @Test
  void nothingMayBeFound() {
    MaskRcnnConfig published = MaskRcnnConfig.published(4, 2, BoxHeadConfig.twoLinears(5));
    MulticlassNms none = new MulticlassNms(0.9999f, 0.5f, 100);
    MaskRcnnConfig unsure =
        new MaskRcnnConfig(
            4,
            2,
            published.strides(),
            published.anchorScales(),
            published.boxHead(),
            4,
            4,
            published.proposals(),
            none);
    MaskRcnnConfig blind =
        new MaskRcnnConfig(
            4,
            2,
            published.strides(),
            published.anchorScales(),
            published.boxHead(),
            4,
            4,
            new ProposalConfig(1000, 1000, 0.7f, 1e6f, true),
            published.detections());
    RetinaNetConfig retina =
        new RetinaNetConfig(4, 2, List.of(4, 8, 16, 32, 64), 4f, 3, 1, 10, none);
    CascadeRcnnConfig cascade =
        new CascadeRcnnConfig(4, 2, 5, new ProposalConfig(9, 9, 0.7f, 1e6f, false), none);
    for (DetectionHead head :
        List.of(
            new MaskRcnn(unsure),
            new MaskRcnn(blind),
            new RetinaNet(retina),
            new CascadeRcnn(cascade))) {
      try (NDManager manager = NDManager.newBaseManager()) {
        head.initialize(manager, DataType.FLOAT32, new Shape(1));
        NDList maps = maps(manager, head, 4);
        List<Detections> found =
            head.detect(
                new ParameterStore(manager, false), maps, List.of(ImageFrame.of(HEIGHT, WIDTH)));
        assertThat(found).hasSize(1);
        assertThat(found.get(0).size()).isZero();
        assertThat(found.get(0).masks()).isEmpty();
      }
    }
  }

  private static NDList maps(NDManager manager, DetectionHead head, int channels) {
    NDList maps = new NDList();
    for (LevelShape level : head.inputs()) {
      int stride = level.stride();
      maps.add(
          manager.randomUniform(
              -1,
              1,
              new Shape(
                  1, channels, (HEIGHT + stride - 1) / stride, (WIDTH + stride - 1) / stride)));
    }
    return maps;
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      RetinaNet head = new RetinaNet(RetinaNetConfig.published(4, 2));
      head.initialize(manager, DataType.FLOAT32, new Shape(1));
      ParameterStore store = new ParameterStore(manager, false);
      NDList maps = maps(manager, head, 4);
      ImageFrame frame = ImageFrame.of(HEIGHT, WIDTH);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> head.detect(store, maps.subNDList(1), List.of(frame)))
          .withMessageContaining(
              "must be (batch, channels, height, width) with [4, 4, 4, 4, 4] channels");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> head.detect(store, maps(manager, head, 3), List.of(frame)))
          .withMessageContaining(
              "must be (batch, channels, height, width) with [4, 4, 4, 4, 4] channels");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> head.detect(store, maps, List.of(frame, frame)))
          .withMessageContaining("there are 2");
      NDArray broken = maps.get(2).mul(Float.NaN);
      maps.set(2, broken);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> head.detect(store, maps, List.of(frame)))
          .withMessageContaining("scores must be finite");
    }
    Backbone backbone = Backbones.create("vmamba_tiny_s1l8", Map.of(), Purpose.FEATURES);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Detector(backbone, null, new RetinaNet(RetinaNetConfig.published(8, 2))))
        .withMessageContaining("the head reads the levels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImageFrame(0, 1, 1, 1))
        .withMessageContaining("0x1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BoxHeadConfig(0, 0, false, 0, 4))
        .withMessageContaining("0 linear layers");
  }

  @Test
  void masksAreAskedOfHeadsThatFindThem() {
    Detections detections = new Detections(new float[4], new float[1], new int[1], new float[0][]);
    assertThatThrownBy(() -> detections.pixels(0, 5, 5))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("finds no masks");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Detections(new float[4], new float[1], new int[2], new float[0][]))
        .withMessageContaining("2 labels");
  }
}
