package dev.visionmamba.heads.detection;

import static dev.visionmamba.heads.detection.ObjectiveFixture.FRAMES;
import static dev.visionmamba.heads.detection.ObjectiveFixture.assertFiniteGradients;
import static dev.visionmamba.heads.detection.ObjectiveFixture.assertSums;
import static dev.visionmamba.heads.detection.ObjectiveFixture.everything;
import static dev.visionmamba.heads.detection.ObjectiveFixture.maskRcnn;
import static dev.visionmamba.heads.detection.ObjectiveFixture.nothing;
import static dev.visionmamba.heads.detection.ObjectiveFixture.randoms;
import static dev.visionmamba.heads.detection.ObjectiveFixture.truths;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.assign.MaxIoUAssigner;
import dev.visionmamba.heads.assign.RandomSampler;
import dev.visionmamba.heads.detection.ObjectiveFixture.Case;
import dev.visionmamba.heads.ops.Tapes;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Mask R-CNN learns from a batch, against mmdetection's rules written down once more in Python
 * with PyTorch 1.13 (float64; float32 gives the same to six digits), every box by plain loops, all
 * anchors and regions drawn. Gradients are held against PyTorch's by their sums, weighted by noise.
 */
class MaskRcnnObjectiveTest {
  private final ObjectiveFixture fixture = new ObjectiveFixture();

  @AfterEach
  void close() {
    fixture.close();
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
        fixture.check(maskRcnn(), everything(), parts, 6, 1),
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

  /** Where a mask is not known, the region still learns its class and box. */
  @Test
  void unknownMasksAreLeftOut() {
    Case which = new Case(maskRcnn(), everything());
    fixture.fill(which.head());
    List<GroundTruth> known = truths();
    GroundTruth first = known.get(0);
    boolean[][] half = {null, first.masks()[1]};
    List<GroundTruth> none =
        known.stream().map(truth -> GroundTruth.of(truth.boxes(), truth.labels())).toList();
    List<GroundTruth> some =
        List.of(new GroundTruth(first.boxes(), first.labels(), half, new float[0]), none.get(1));
    DetectionLosses all = fixture.losses(which, fixture.maps(), known);
    DetectionLosses without = fixture.losses(which, fixture.maps(), none);
    DetectionLosses partly = fixture.losses(which, fixture.maps(), some);
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
    fixture.fill(which.head());
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses none = fixture.losses(which, fixture.maps(), List.of(nothing(), nothing()));
      assertThat(none.positives()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.CLASS_LOSS).getFloat()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.BOX_LOSS).getFloat()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat()).isZero();
      assertThat(none.parts().get(MaskRcnnObjective.ANCHOR_CLASS_LOSS).getFloat()).isPositive();
      DetectionLosses some =
          fixture.losses(which, fixture.maps(), List.of(nothing(), truths().get(1)));
      assertThat(some.positives()).isEqualTo(1);
      assertThat(some.parts().get(MaskRcnnObjective.MASK_LOSS).getFloat()).isPositive();
      collector.backward(none.total());
    }
    assertFiniteGradients(which.head());
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
    fixture.fill(which.head());
    try (GradientMode off = GradientMode.off()) {
      which.head().getParameters().get(broken).getArray().addi(Float.POSITIVE_INFINITY);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> fixture.losses(which, fixture.maps(), List.of(nothing(), nothing())))
        .withMessageContaining("finite");
  }

  /** What an image has drawn does not depend on the images beside it. */
  @Test
  void samplesBelongToTheirImage() {
    MaskRcnn head = maskRcnn();
    fixture.fill(head);
    MaskRcnnObjective objective = MaskRcnnObjective.ofSamples(8, 6, 5);
    ParameterStore store = new ParameterStore(fixture.manager, false);
    List<NDArray> maps = fixture.maps();
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
}
