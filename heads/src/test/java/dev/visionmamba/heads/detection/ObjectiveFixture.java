package dev.visionmamba.heads.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.assign.MaxIoUAssigner;
import dev.visionmamba.heads.assign.RandomSampler;
import dev.visionmamba.heads.losses.SigmoidFocalLoss;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.ops.Tapes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Two images of 32x48 and 28x40 pixels, levels of strides 4, 8 and 16 with 3 channels, and 2
 * classes, for objectives to be tried on. Weights and maps come from {@link #noise}.
 */
final class ObjectiveFixture implements AutoCloseable {
  static final int CLASSES = 2;
  static final List<ImageFrame> FRAMES = List.of(ImageFrame.of(32, 48), ImageFrame.of(28, 40));
  private static final int[][] SIZES = {{8, 12}, {4, 6}, {2, 3}};
  private static final int CHANNELS = 3;
  private static final int ALL = 100_000;

  final NDManager manager = NDManager.newBaseManager();

  @Override
  public void close() {
    manager.close();
  }

  /** Numbers within (-scale, scale), scattered as shaders do it. */
  private static float[] noise(long count, int key, double scale) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      double v = Math.sin(12.9898 * i + 78.233 * key + 1) * 43758.5453;
      values[i] = (float) (scale * ((v - Math.floor(v)) * 2 - 1));
    }
    return values;
  }

  void fill(DetectionHead head) {
    Map<String, Parameter> sorted = new TreeMap<>();
    head.getParameters().forEach(named -> sorted.put(named.getKey(), named.getValue()));
    int key = 0;
    for (Parameter parameter : sorted.values()) {
      Shape shape = parameter.getShape();
      double scale =
          shape.dimension() == 1 ? 0.1 : 1.2 / Math.sqrt((double) shape.size() / shape.get(0));
      float[] values = noise(shape.size(), key++, scale);
      parameter.setInitializer((owner, wanted, type) -> owner.create(values, wanted));
      parameter.initialize(manager, DataType.FLOAT32);
      parameter.getArray().setRequiresGradient(true);
    }
  }

  List<NDArray> maps() {
    List<NDArray> maps = new ArrayList<>();
    for (int i = 0; i < SIZES.length; i++) {
      Shape shape = new Shape(2, CHANNELS, SIZES[i][0], SIZES[i][1]);
      NDArray map = manager.create(noise(shape.size(), 100 + i, 1), shape);
      map.setRequiresGradient(true);
      maps.add(map);
    }
    return maps;
  }

  static List<GroundTruth> truths() {
    float[] first = {3, 2, 21, 18, 20, 8, 44, 30};
    float[] second = {5, 4, 33, 25};
    return List.of(
        new GroundTruth(
            first,
            new int[] {1, 0},
            new boolean[][] {ellipse(first, 0, 32, 48), ellipse(first, 4, 32, 48)},
            new float[0]),
        new GroundTruth(
            second, new int[] {0}, new boolean[][] {ellipse(second, 0, 28, 40)}, new float[0]));
  }

  private static boolean[] ellipse(float[] boxes, int at, int height, int width) {
    boolean[] mask = new boolean[height * width];
    double centreX = (boxes[at] + boxes[at + 2]) / 2.0;
    double centreY = (boxes[at + 1] + boxes[at + 3]) / 2.0;
    double radiusX = (boxes[at + 2] - boxes[at]) / 2.0;
    double radiusY = (boxes[at + 3] - boxes[at + 1]) / 2.0;
    for (int i = 0; i < mask.length; i++) {
      double x = (i % width + 0.5 - centreX) / radiusX;
      double y = (i / width + 0.5 - centreY) / radiusY;
      mask[i] = x * x + y * y <= 1;
    }
    return mask;
  }

  static List<SplittableRandom> randoms(long seed) {
    return List.of(new SplittableRandom(seed), new SplittableRandom(seed + 1));
  }

  static MaskRcnn maskRcnn() {
    return maskRcnn(CLASSES);
  }

  static MaskRcnn maskRcnn(int classes) {
    return new MaskRcnn(
        new MaskRcnnConfig(
            CHANNELS,
            classes,
            List.of(4, 8, 16),
            List.of(2f),
            BoxHeadConfig.twoLinears(4),
            3,
            1,
            ProposalConfig.published(),
            new MulticlassNms(0.05f, 0.5f, 10)));
  }

  /** Draws everything; regions count as positive from a lower overlap than published. */
  static MaskRcnnObjective everything() {
    return new MaskRcnnObjective(
        MaxIoUAssigner.RPN,
        new RandomSampler(ALL, 1, -1, false),
        new ProposalConfig(50, 30, 0.7f, 0, true),
        new MaxIoUAssigner(0.3f, 0.3f, 0.3f, true, true, -1),
        new RandomSampler(ALL, 1, -1, true),
        4);
  }

  static RetinaNet retinaNet() {
    return retinaNet(CLASSES);
  }

  static RetinaNet retinaNet(int classes) {
    return new RetinaNet(
        new RetinaNetConfig(
            CHANNELS,
            classes,
            List.of(4, 8, 16),
            2,
            2,
            1,
            100,
            new MulticlassNms(0.05f, 0.5f, 10)));
  }

  static RetinaNetObjective retinaNetObjective() {
    return new RetinaNetObjective(MaxIoUAssigner.RETINANET, SigmoidFocalLoss.RETINANET, 4);
  }

  /** Two heads over the same maps, and the objectives they are made for. */
  record Case(DetectionHead head, DetectionObjective objective) {
    static Case of(boolean masks) {
      return masks
          ? new Case(maskRcnn(), MaskRcnnObjective.ofSamples(8, 6, 5))
          : new Case(retinaNet(), retinaNetObjective());
    }
  }

  DetectionLosses losses(Case which, List<NDArray> maps, List<GroundTruth> truths) {
    return which.objective.evaluate(
        which.head, new ParameterStore(manager, false), maps, FRAMES, truths, randoms(3));
  }

  static GroundTruth nothing() {
    return GroundTruth.of(new float[0], new int[0]);
  }

  /** The gradients' sums, those of the maps under "map 0" and so on. */
  Map<String, Double> check(
      DetectionHead head,
      DetectionObjective objective,
      Map<String, Double> parts,
      int positives,
      int recognised) {
    fill(head);
    List<NDArray> maps = maps();
    ParameterStore store = new ParameterStore(manager, false);
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = objective.evaluate(head, store, maps, FRAMES, truths(), randoms(3));
      assertThat(losses.parts().keySet()).isEqualTo(parts.keySet());
      double total = 0;
      for (Map.Entry<String, Double> part : parts.entrySet()) {
        assertThat((double) losses.parts().get(part.getKey()).getFloat())
            .as(part.getKey())
            .isCloseTo(part.getValue(), within(1e-5 * part.getValue()));
        total += part.getValue();
      }
      assertThat((double) losses.total().getFloat()).isCloseTo(total, within(1e-5 * total));
      assertThat(losses.positives()).isEqualTo(positives);
      assertThat(losses.recognised()).isEqualTo(recognised);
      collector.backward(losses.total());
    }
    Map<String, Double> sums = new LinkedHashMap<>();
    head.getParameters()
        .forEach(named -> sums.put(named.getKey(), sum(named.getValue().getArray())));
    for (int i = 0; i < maps.size(); i++) {
      sums.put("map " + i, sum(maps.get(i)));
    }
    return sums;
  }

  private static double sum(NDArray array) {
    float[] gradient = array.getGradient().toFloatArray();
    float[] weights = noise(gradient.length, 7, 1);
    double sum = 0;
    for (int i = 0; i < gradient.length; i++) {
      sum += (double) gradient[i] * weights[i];
    }
    return sum;
  }

  /** Each within a part of what its gradient's absolute values add up to. */
  static void assertSums(Map<String, Double> sums, Object... expected) {
    assertThat(sums).hasSize(expected.length / 3);
    for (int i = 0; i < expected.length; i += 3) {
      String name = (String) expected[i];
      assertThat(sums.get(name))
          .as(name)
          .isCloseTo((double) expected[i + 1], within(1e-5 * (double) expected[i + 2]));
    }
  }

  /** Every parameter has a gradient of finite numbers. */
  static void assertFiniteGradients(DetectionHead head) {
    head.getParameters()
        .forEach(
            named -> {
              for (float value : named.getValue().getArray().getGradient().toFloatArray()) {
                assertThat(value).as(named.getKey()).isFinite();
              }
            });
  }
}
