package dev.visionmamba.heads.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
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
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What heads learn from a batch, against mmdetection's rules written down once more in Python with
 * PyTorch 1.13 (float64; float32 gives the same to six digits), every box by plain loops: two
 * images of 32x48 and 28x40 pixels, levels of strides 4, 8 and 16 with 3 channels, 2 classes, all
 * anchors and regions drawn. Weights and maps come from {@link #noise}. Gradients are held against
 * PyTorch's by their sums, weighted by noise.
 */
class DetectionObjectiveTest {
  private static final int CLASSES = 2;
  private static final int[] STRIDES = {4, 8, 16};
  private static final int[][] SIZES = {{8, 12}, {4, 6}, {2, 3}};
  private static final int CHANNELS = 3;
  private static final int ALL = 100_000;
  private static final List<ImageFrame> FRAMES =
      List.of(ImageFrame.of(32, 48), ImageFrame.of(28, 40));

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
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

  private void fill(DetectionHead head) {
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

  private List<NDArray> maps() {
    List<NDArray> maps = new ArrayList<>();
    for (int i = 0; i < SIZES.length; i++) {
      Shape shape = new Shape(2, CHANNELS, SIZES[i][0], SIZES[i][1]);
      NDArray map = manager.create(noise(shape.size(), 100 + i, 1), shape);
      map.setRequiresGradient(true);
      maps.add(map);
    }
    return maps;
  }

  private static List<GroundTruth> truths() {
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

  private static List<SplittableRandom> randoms(long seed) {
    return List.of(new SplittableRandom(seed), new SplittableRandom(seed + 1));
  }

  private static MaskRcnn maskRcnn() {
    return maskRcnn(CLASSES);
  }

  private static MaskRcnn maskRcnn(int classes) {
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
  private static MaskRcnnObjective everything() {
    return new MaskRcnnObjective(
        MaxIoUAssigner.RPN,
        new RandomSampler(ALL, 1, -1, false),
        new ProposalConfig(50, 30, 0.7f, 0, true),
        new MaxIoUAssigner(0.3f, 0.3f, 0.3f, true, true, -1),
        new RandomSampler(ALL, 1, -1, true),
        4);
  }

  private static RetinaNet retinaNet() {
    return retinaNet(CLASSES);
  }

  private static RetinaNet retinaNet(int classes) {
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

  private static RetinaNetObjective retinaNetObjective() {
    return new RetinaNetObjective(MaxIoUAssigner.RETINANET, SigmoidFocalLoss.RETINANET, 4);
  }

  /** The gradients' sums, those of the maps under "map 0" and so on. */
  private Map<String, Double> check(
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
  private static void assertSums(Map<String, Double> sums, Object... expected) {
    assertThat(sums).hasSize(expected.length / 3);
    for (int i = 0; i < expected.length; i += 3) {
      String name = (String) expected[i];
      assertThat(sums.get(name))
          .as(name)
          .isCloseTo((double) expected[i + 1], within(1e-5 * (double) expected[i + 2]));
    }
  }

  @Test
  void maskRcnnLearnsWhatMmdetectionHasItLearn() {
    Map<String, Double> parts = new LinkedHashMap<>();
    parts.put("loss_rpn_cls", 0.736209314701412);
    parts.put("loss_rpn_bbox", 0.005316642777728823);
    parts.put("loss_cls", 1.0792529250835337);
    parts.put("loss_bbox", 0.3801760655220937);
    parts.put("loss_mask", 0.6865319021539379);
    assertSums(
        check(maskRcnn(), everything(), parts, 6, 1),
        "roi_head.bbox_head.fc_cls.bias",
        0.056293152,
        1.12788,
        "roi_head.bbox_head.fc_cls.weight",
        -0.1318262,
        0.272822,
        "roi_head.bbox_head.fc_reg.bias",
        0.0049581566,
        0.222222,
        "roi_head.bbox_head.fc_reg.weight",
        -0.010004738,
        0.06597,
        "roi_head.bbox_head.shared_fcs.0.bias",
        -0.039272941,
        0.106399,
        "roi_head.bbox_head.shared_fcs.0.weight",
        0.050537338,
        2.45449,
        "roi_head.bbox_head.shared_fcs.1.bias",
        0.028000629,
        0.205478,
        "roi_head.bbox_head.shared_fcs.1.weight",
        0.050158498,
        0.125542,
        "roi_head.mask_head.conv_logits.bias",
        0.11167095,
        0.270178,
        "roi_head.mask_head.conv_logits.weight",
        0.0070801387,
        0.0279005,
        "roi_head.mask_head.convs.0.conv.bias",
        0.00040708078,
        0.00823481,
        "roi_head.mask_head.convs.0.conv.weight",
        -0.00040690053,
        0.0469081,
        "roi_head.mask_head.upsample.bias",
        -0.008514134,
        0.0788276,
        "roi_head.mask_head.upsample.weight",
        -0.0013714249,
        0.0319384,
        "rpn_head.rpn_cls.bias",
        -0.177769,
        0.513145,
        "rpn_head.rpn_cls.weight",
        -0.033114826,
        0.247233,
        "rpn_head.rpn_conv.bias",
        -0.09522531,
        0.232432,
        "rpn_head.rpn_conv.weight",
        -0.015508187,
        0.527501,
        "rpn_head.rpn_reg.bias",
        -0.0019730601,
        0.0221169,
        "rpn_head.rpn_reg.weight",
        0.00084422633,
        0.00221808,
        "map 0",
        -0.012298865,
        0.274794,
        "map 1",
        -0.0040950009,
        0.0437334,
        "map 2",
        -0.0004158179,
        0.00855343);
  }

  @Test
  void retinaNetLearnsWhatMmdetectionHasItLearn() {
    Map<String, Double> parts = new LinkedHashMap<>();
    parts.put("loss_cls", 20.90522401630968);
    parts.put("loss_bbox", 0.8640691779331786);
    assertSums(
        check(retinaNet(), retinaNetObjective(), parts, 16, 11),
        "bbox_head.cls_convs.0.conv.bias",
        -0.60841271,
        2.28713,
        "bbox_head.cls_convs.0.conv.weight",
        0.49254942,
        7.87041,
        "bbox_head.reg_convs.0.conv.bias",
        -0.2876862,
        0.889787,
        "bbox_head.reg_convs.0.conv.weight",
        -0.1584653,
        5.30865,
        "bbox_head.retina_cls.bias",
        -2.6000274,
        35.493,
        "bbox_head.retina_cls.weight",
        -0.35317176,
        110.508,
        "bbox_head.retina_reg.bias",
        0.073328136,
        2.0,
        "bbox_head.retina_reg.weight",
        1.6026434,
        14.072,
        "map 0",
        -0.020429001,
        3.01963,
        "map 1",
        -0.16815894,
        1.47563,
        "map 2",
        0.012877648,
        0.246811);
  }

  /** Two heads over the same maps, and the objectives they are made for. */
  private record Case(DetectionHead head, DetectionObjective objective) {
    static Case of(boolean masks) {
      return masks
          ? new Case(maskRcnn(), MaskRcnnObjective.ofSamples(8, 6, 5))
          : new Case(retinaNet(), retinaNetObjective());
    }
  }

  private DetectionLosses losses(Case which, List<NDArray> maps, List<GroundTruth> truths) {
    return which.objective.evaluate(
        which.head, new ParameterStore(manager, false), maps, FRAMES, truths, randoms(3));
  }

  /** All parameters keep a gradient, if of 0, so that an optimizer finds one. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void imagesWithoutObjectsTeachBackground(boolean masks) {
    Case which = Case.of(masks);
    fill(which.head);
    List<NDArray> maps = maps();
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = losses(which, maps, List.of(nothing(), nothing()));
      assertThat(losses.positives()).isZero();
      assertThat(losses.recognised()).isZero();
      losses
          .parts()
          .forEach(
              (name, loss) -> {
                boolean ofClasses = name.endsWith("cls");
                assertThat(loss.getFloat()).as(name).isFinite();
                assertThat(loss.getFloat() > 0).as(name).isEqualTo(ofClasses);
              });
      collector.backward(losses.total());
    }
    assertFiniteGradients(which.head);
  }

  /** Where a mask is not known, the region still learns its class and box. */
  @Test
  void unknownMasksAreLeftOut() {
    Case which = new Case(maskRcnn(), everything());
    fill(which.head);
    List<GroundTruth> known = truths();
    GroundTruth first = known.get(0);
    boolean[][] half = {null, first.masks()[1]};
    List<GroundTruth> none =
        known.stream().map(truth -> GroundTruth.of(truth.boxes(), truth.labels())).toList();
    List<GroundTruth> some =
        List.of(new GroundTruth(first.boxes(), first.labels(), half, new float[0]), none.get(1));
    DetectionLosses all = losses(which, maps(), known);
    DetectionLosses without = losses(which, maps(), none);
    DetectionLosses partly = losses(which, maps(), some);
    for (String name : all.parts().keySet()) {
      if (name.equals(MaskRcnnObjective.MASK_LOSS)) {
        assertThat(without.parts().get(name).getFloat()).isZero();
        assertThat(partly.parts().get(name).getFloat()).isPositive();
        assertThat(partly.parts().get(name).getFloat())
            .isNotEqualTo(all.parts().get(name).getFloat());
      } else {
        assertThat(without.parts().get(name).getFloat())
            .isEqualTo(all.parts().get(name).getFloat());
        assertThat(partly.parts().get(name).getFloat()).isEqualTo(all.parts().get(name).getFloat());
      }
    }
  }

  /** Ignored regions teach nothing where the assigner looks at them. */
  @Test
  void crowdsAreNeitherObjectsNorBackground() {
    RetinaNet head = retinaNet();
    fill(head);
    GroundTruth crowd =
        new GroundTruth(
            new float[0], new int[0], new boolean[0][], new float[] {-99, -99, 199, 199});
    MaxIoUAssigner looking = new MaxIoUAssigner(0.5f, 0.4f, 0, true, true, 0.5f);
    RetinaNetObjective objective = new RetinaNetObjective(looking, SigmoidFocalLoss.RETINANET, 4);
    float without =
        losses(new Case(head, objective), maps(), List.of(nothing(), nothing())).total().getFloat();
    float one =
        losses(new Case(head, objective), maps(), List.of(crowd, nothing())).total().getFloat();
    float both =
        losses(new Case(head, objective), maps(), List.of(crowd, crowd)).total().getFloat();
    assertThat(both).isZero();
    assertThat(one).isBetween(0.1f * without, 0.9f * without);
  }

  private static GroundTruth nothing() {
    return GroundTruth.of(new float[0], new int[0]);
  }

  /** Every parameter has a gradient of finite numbers. */
  private static void assertFiniteGradients(DetectionHead head) {
    head.getParameters()
        .forEach(
            named -> {
              for (float value : named.getValue().getArray().getGradient().toFloatArray()) {
                assertThat(value).as(named.getKey()).isFinite();
              }
            });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneClassIsEnough(boolean masks) {
    Case which =
        masks ? new Case(maskRcnn(1), everything()) : new Case(retinaNet(1), retinaNetObjective());
    fill(which.head);
    List<GroundTruth> truths =
        truths().stream()
            .map(
                truth ->
                    new GroundTruth(
                        truth.boxes(), new int[truth.size()], truth.masks(), new float[0]))
            .toList();
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = losses(which, maps(), truths);
      losses.parts().forEach((name, loss) -> assertThat(loss.getFloat()).as(name).isPositive());
      assertThat(losses.positives()).isPositive();
      assertThat(losses.recognised()).isBetween(0, losses.positives());
      collector.backward(losses.total());
    }
    assertFiniteGradients(which.head);
  }

  /** An image without objects adds background; what the other learns of its objects stays. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anImageWithoutObjectsBesideOneWithSome(boolean masks) {
    Case which = masks ? new Case(maskRcnn(), everything()) : Case.of(false);
    fill(which.head);
    GroundTruth second = truths().get(1);
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = losses(which, maps(), List.of(nothing(), second));
      DetectionLosses swapped = losses(which, maps(), List.of(truths().get(0), nothing()));
      DetectionLosses both = losses(which, maps(), truths());
      assertThat(losses.positives()).isPositive();
      assertThat(losses.positives() + swapped.positives()).isEqualTo(both.positives());
      assertThat(losses.recognised() + swapped.recognised()).isEqualTo(both.recognised());
      if (masks) {
        float some = losses.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat();
        float others = swapped.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat();
        assertThat(both.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat())
            .isBetween(Math.min(some, others), Math.max(some, others));
      }
      collector.backward(losses.total());
    }
    assertFiniteGradients(which.head);
  }

  /** Where every proposal is too small, the true boxes are left, or nothing. */
  @Test
  void noProposals() {
    MaskRcnnObjective published = everything();
    MaskRcnnObjective objective =
        new MaskRcnnObjective(
            published.anchorAssigner(),
            published.anchorSampler(),
            new ProposalConfig(50, 30, 0.7f, 1e6f, true),
            published.regionAssigner(),
            published.regionSampler(),
            published.multiple());
    Case which = new Case(maskRcnn(), objective);
    fill(which.head);
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses none = losses(which, maps(), List.of(nothing(), nothing()));
      assertThat(none.positives()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.CLASS_LOSS).getFloat()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.BOX_LOSS).getFloat()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.ANCHOR_CLASS_LOSS).getFloat()).isPositive();
      DetectionLosses some = losses(which, maps(), List.of(nothing(), truths().get(1)));
      assertThat(some.positives()).isEqualTo(1);
      assertThat(some.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat()).isPositive();
      collector.backward(none.total());
    }
    assertFiniteGradients(which.head);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void numbersThatAreNotFiniteAreRefused(boolean masks) {
    Case which = Case.of(masks);
    fill(which.head);
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      List<NDArray> maps = maps();
      maps.set(0, maps.get(0).stopGradient().add(bad));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> losses(which, maps, truths()))
          .withMessageContaining("finite");
    }
  }

  /** Also of a head that has nothing to learn from the batch. */
  @ParameterizedTest
  @ValueSource(
      strings = {"roi_head.mask_head.conv_logits.bias", "roi_head.bbox_head.shared_fcs.0.bias"})
  void aHeadWithoutWorkIsLookedAtToo(String broken) {
    MaskRcnnObjective objective =
        new MaskRcnnObjective(
            MaxIoUAssigner.RPN,
            RandomSampler.RPN,
            new ProposalConfig(50, 30, 0.7f, 1e6f, true),
            MaxIoUAssigner.MASK_RCNN,
            RandomSampler.RCNN,
            4);
    Case which = new Case(maskRcnn(), objective);
    fill(which.head);
    try (GradientMode off = GradientMode.off()) {
      which.head.getParameters().get(broken).getArray().addi(Float.POSITIVE_INFINITY);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> losses(which, maps(), List.of(nothing(), nothing())))
        .withMessageContaining("finite");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void mapsOfAnotherHeadAreRefused(boolean masks) {
    Case which = Case.of(masks);
    fill(which.head);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> losses(which, maps().subList(0, 2), truths()))
        .withMessageContaining("must be (batch, channels, height, width) with [3, 3, 3] channels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> losses(which, List.of(), truths()))
        .withMessageContaining("must be (batch, channels, height, width) with [3, 3, 3] channels");
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaskRcnnObjective.ofSamples(8, 6, 0))
        .withMessageContaining("proposals")
        .withMessageContaining("got 0 and 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ProposalConfig(1, 1, 1.5f, 0, true))
        .withMessageContaining("within [0, 1]")
        .withMessageContaining("1.5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ProposalConfig(1, 1, 0.5f, Float.NaN, true))
        .withMessageContaining("NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new RetinaNetObjective(MaxIoUAssigner.RETINANET, SigmoidFocalLoss.RETINANET, 0))
        .withMessageContaining("multiple must be at least 1, but is 0");
    MaskRcnnObjective good = MaskRcnnObjective.published();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new MaskRcnnObjective(
                    good.anchorAssigner(),
                    good.anchorSampler(),
                    good.proposals(),
                    good.regionAssigner(),
                    good.regionSampler(),
                    -1))
        .withMessageContaining("multiple must be at least 1, but is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new GroundTruth(
                    new float[0], new int[0], new boolean[0][], new float[] {5, 0, 1, 1}))
        .withMessageContaining("ignored[0]");
  }

  /** What an image has drawn does not depend on the images beside it. */
  @Test
  void samplesBelongToTheirImage() {
    MaskRcnn head = maskRcnn();
    fill(head);
    MaskRcnnObjective objective = MaskRcnnObjective.ofSamples(8, 6, 5);
    ParameterStore store = new ParameterStore(manager, false);
    List<NDArray> maps = maps();
    List<SplittableRandom> both = randoms(5);
    float together =
        objective
            .evaluate(head, store, maps, FRAMES, truths(), both)
            .parts()
            .get(MaskRcnnObjective.ANCHOR_CLASS_LOSS)
            .getFloat();
    float sum = 0;
    for (int i = 0; i < 2; i++) {
      int image = i;
      sum +=
          objective
              .evaluate(
                  head,
                  store,
                  maps.stream().map(map -> map.get(image + ":" + (image + 1))).toList(),
                  FRAMES.subList(i, i + 1),
                  truths().subList(i, i + 1),
                  randoms(5).subList(i, i + 1))
              .parts()
              .get(MaskRcnnObjective.ANCHOR_CLASS_LOSS)
              .getFloat();
    }
    assertThat(together).isCloseTo(sum / 2, within(1e-5f)); // eight anchors of each image
  }

  @Test
  void whatDoesNotFitIsRefused() {
    MaskRcnn head = maskRcnn();
    fill(head);
    ParameterStore store = new ParameterStore(manager, false);
    List<NDArray> maps = maps();
    MaskRcnnObjective objective = MaskRcnnObjective.published();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> objective.evaluate(head, store, maps, FRAMES, truths().subList(0, 1), randoms(1)))
        .withMessageContaining("a batch of 2")
        .withMessageContaining("got 2, 1 and 2");
    GroundTruth unknown = GroundTruth.of(new float[] {1, 1, 9, 9}, new int[] {CLASSES});
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                objective.evaluate(
                    head, store, maps, FRAMES, List.of(unknown, unknown), randoms(1)))
        .withMessageContaining("an object of class 2, but the head knows 2 classes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> objective.requireFit(retinaNet()))
        .withMessageContaining("RetinaNet");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> retinaNetObjective().requireFit(head))
        .withMessageContaining("MaskRcnn");
    assertThat(DetectionObjective.published(head)).isEqualTo(objective);
    assertThat(DetectionObjective.published(retinaNet())).isEqualTo(RetinaNetObjective.published());
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                DetectionObjective.published(
                    new CascadeRcnn(CascadeRcnnConfig.published(8, 3, 12))))
        .withMessageContaining("CascadeRcnn");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GroundTruth.of(new float[] {5, 5, 5, 9}, new int[1]))
        .withMessageContaining("object 0 must have a finite box");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GroundTruth.of(new float[] {5, 5, Float.NaN, 9}, new int[1]))
        .withMessageContaining("object 0 must have a finite box");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GroundTruth.of(new float[4], new int[2]))
        .withMessageContaining("1 boxes do not fit 2 labels");
  }
}
