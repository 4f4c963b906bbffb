package dev.visionmamba.heads.detection;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.heads.SmallTraining;
import dev.visionmamba.heads.SmallTraining.Trainers;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Small detectors learn two pictures by heart, and find in them what is there. */
class DetectorTrainingTest {
  private static final int CLASSES = 2;
  private static final int SIDE = 64;
  private static final int STEPS = 100;
  private static final Shape INPUT = new Shape(2, 3, SIDE, SIDE);
  private static final List<ImageFrame> FRAMES =
      List.of(ImageFrame.of(SIDE, SIDE), ImageFrame.of(SIDE, SIDE));

  /** Boxes of a bright red and a bright blue thing, and of one more. */
  private static final float[][] BOXES = {{4, 6, 36, 34, 34, 32, 62, 60}, {16, 20, 50, 48}};

  private static final int[][] LABELS = {{0, 1}, {1}};

  /** The heads that learn. */
  enum Kind {
    MASK_RCNN,
    RETINANET;

    Detector create() {
      Backbone backbone =
          Backbones.create(
              "vmamba_tiny_s1l8",
              Map.of(
                  "dims",
                  16,
                  "depths",
                  List.of(1, 1),
                  "drop_path_rate",
                  0,
                  "out_indices",
                  List.of(0, 1)),
              Purpose.FEATURES);
      Fpn neck = new Fpn(backbone.levels(), new FpnConfig(16, 0, 3, ExtraLevels.MAX_POOL, false));
      MulticlassNms best = new MulticlassNms(0.05f, 0.3f, 10);
      List<Integer> strides = List.of(4, 8, 16);
      if (this == RETINANET) {
        return new Detector(
            backbone,
            neck,
            new RetinaNet(new RetinaNetConfig(16, CLASSES, strides, 4, 1, 1, 100, best)));
      }
      return new Detector(
          backbone,
          neck,
          new MaskRcnn(
              new MaskRcnnConfig(
                  16,
                  CLASSES,
                  strides,
                  List.of(4f),
                  BoxHeadConfig.twoLinears(32),
                  16,
                  1,
                  new ProposalConfig(50, 30, 0.7f, 0, true),
                  best)));
    }

    DetectionObjective objective() {
      return this == RETINANET
          ? RetinaNetObjective.published()
          : MaskRcnnObjective.ofSamples(64, 40, 30);
    }
  }

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private SmallTraining training(Kind kind) {
    return new SmallTraining(manager, 5, kind::create, INPUT, (name, drawn) -> drawn);
  }

  /** Ellipses on grey, the first class red and the second blue. */
  private static NDArray images(NDManager owner) {
    float[] pixels = new float[(int) INPUT.size()];
    for (int image = 0; image < BOXES.length; image++) {
      for (int k = 0; k < LABELS[image].length; k++) {
        boolean[] mask = ellipse(image, k);
        for (int i = 0; i < mask.length; i++) {
          if (mask[i]) {
            pixels[(3 * image + 2 * LABELS[image][k]) * mask.length + i] = 1.5f;
            pixels[(3 * image + 1) * mask.length + i] = -1;
          }
        }
      }
    }
    return owner.create(pixels, INPUT);
  }

  private static boolean[] ellipse(int image, int k) {
    float[] box = Boxes.select(BOXES[image], new int[] {k});
    boolean[] mask = new boolean[SIDE * SIDE];
    for (int i = 0; i < mask.length; i++) {
      double x = (2 * (i % SIDE + 0.5) - box[0] - box[2]) / (box[2] - box[0]);
      double y = (2 * (i / SIDE + 0.5) - box[1] - box[3]) / (box[3] - box[1]);
      mask[i] = x * x + y * y <= 1;
    }
    return mask;
  }

  private static List<GroundTruth> truths() {
    boolean[][] first = {ellipse(0, 0), ellipse(0, 1)};
    boolean[][] second = {ellipse(1, 0)};
    return List.of(
        new GroundTruth(BOXES[0], LABELS[0], first, new float[0]),
        new GroundTruth(BOXES[1], LABELS[1], second, new float[0]));
  }

  /** The loss of the batch; gradients are left. */
  private static float backward(Trainer trainer, Kind kind, int step) {
    Detector network = (Detector) trainer.getModel().getBlock();
    try (NDManager batch = trainer.getManager().newSubManager();
        GradientCollector collector = trainer.newGradientCollector()) {
      ParameterStore store = new ParameterStore(batch, false);
      List<NDArray> maps = network.pyramid(store, images(batch), true).maps();
      List<SplittableRandom> randoms =
          List.of(new SplittableRandom(2L * step), new SplittableRandom(2L * step + 1));
      NDArray loss =
          kind.objective().evaluate(network.head(), store, maps, FRAMES, truths(), randoms).total();
      collector.backward(loss);
      return loss.getFloat();
    }
  }

  private static List<Detections> detect(Trainer trainer) {
    Detector network = (Detector) trainer.getModel().getBlock();
    try (NDManager batch = trainer.getManager().newSubManager()) {
      return network.detect(new ParameterStore(batch, false), images(batch), FRAMES);
    }
  }

  @ParameterizedTest
  @EnumSource
  void learnsByHeartAndFinds(Kind kind) {
    training(kind)
        .run(
            DataType.FLOAT32,
            ScanTrainer::of,
            trainer -> {
              float loss = 0;
              for (int step = 0; step < STEPS; step++) {
                loss = backward(trainer, kind, step);
                trainer.step();
              }
              List<Detections> found = detect(trainer);
              for (int image = 0; image < BOXES.length; image++) {
                assertFound(found.get(image), image, kind == Kind.MASK_RCNN);
              }
            });
  }

  /** The surest are the objects, and nothing else is half as sure. */
  private static void assertFound(Detections found, int image, boolean masks) {
    int objects = LABELS[image].length;
    assertThat(found.size()).as("found in image %d", image).isGreaterThanOrEqualTo(objects);
    boolean[] taken = new boolean[objects];
    for (int k = 0; k < objects; k++) {
      int nearest = -1;
      for (int i = 0; i < objects; i++) {
        if (Boxes.iou(BOXES[image], k, found.boxes(), i) > 0.7f) {
          nearest = i;
        }
      }
      assertThat(nearest).as("object %d of image %d in %s", k, image, found).isNotNegative();
      assertThat(found.labels()[nearest]).isEqualTo(LABELS[image][k]);
      assertThat(found.scores()[nearest]).isGreaterThan(0.5f);
      taken[nearest] = true;
      if (masks) {
        assertThat(overlap(found.pixels(nearest, SIDE, SIDE), ellipse(image, k)))
            .isGreaterThan(0.75);
      }
    }
    assertThat(taken).containsOnly(true);
    if (found.size() > objects) {
      assertThat(found.scores()[objects]).isLessThan(0.5f * found.scores()[objects - 1]);
    }
  }

  private static double overlap(boolean[] one, boolean[] other) {
    int common = 0;
    int either = 0;
    for (int i = 0; i < one.length; i++) {
      common += one[i] && other[i] ? 1 : 0;
      either += one[i] || other[i] ? 1 : 0;
    }
    return (double) common / either;
  }

  @ParameterizedTest
  @EnumSource
  void stepsKeepNoMemory(Kind kind) {
    SmallTraining training = training(kind);
    int[] steps = {0};
    training.run(
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer ->
            training.assertStepsKeepNoMemory(
                trainer,
                5,
                () -> {
                  backward(trainer, kind, steps[0]++);
                  trainer.step();
                  detect(trainer);
                }));
  }

  private Map<String, double[]> gradients(Kind kind, Trainers trainers) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    training(kind)
        .run(
            DataType.FLOAT32,
            trainers,
            trainer -> {
              backward(trainer, kind, 0);
              gradients.putAll(SmallTraining.gradients(trainer));
            });
    return gradients;
  }

  @ParameterizedTest
  @EnumSource
  void theTapeGivesTheGradientsOfAutograd(Kind kind) {
    Map<String, double[]> expected = gradients(kind, Model::newTrainer);
    Map<String, double[]> actual = gradients(kind, ScanTrainer::of);
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    double largest =
        expected.values().stream().mapToDouble(SmallTraining::scale).max().orElseThrow();
    expected.forEach(
        (name, values) ->
            SmallTraining.assertWithin(
                name,
                actual.get(name),
                values,
                1e-3 * Math.max(SmallTraining.scale(values), 1e-4 * largest)));
  }

  @ParameterizedTest
  @EnumSource
  void everyParameterLearns(Kind kind) {
    gradients(kind, ScanTrainer::of)
        .forEach((name, values) -> assertThat(SmallTraining.scale(values)).as(name).isPositive());
  }
}
