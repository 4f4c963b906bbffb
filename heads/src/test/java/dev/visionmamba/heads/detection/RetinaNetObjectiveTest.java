package dev.visionmamba.heads.detection;

import static dev.visionmamba.heads.detection.ObjectiveFixture.assertSums;
import static dev.visionmamba.heads.detection.ObjectiveFixture.nothing;
import static dev.visionmamba.heads.detection.ObjectiveFixture.retinaNet;
import static dev.visionmamba.heads.detection.ObjectiveFixture.retinaNetObjective;
import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.heads.assign.MaxIoUAssigner;
import dev.visionmamba.heads.detection.ObjectiveFixture.Case;
import dev.visionmamba.heads.losses.SigmoidFocalLoss;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What RetinaNet learns from a batch, against mmdetection's rules written down once more in Python
 * with PyTorch 1.13 (float64; float32 gives the same to six digits), every box by plain loops, all
 * anchors and regions drawn. Gradients are held against PyTorch's by their sums, weighted by noise.
 */
class RetinaNetObjectiveTest {
  private final ObjectiveFixture fixture = new ObjectiveFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void retinaNetLearnsWhatMmdetectionHasItLearn() {
    Map<String, Double> parts = new LinkedHashMap<>();
    parts.put("loss_cls", 20.90522401630968);
    parts.put("loss_bbox", 0.8640691779331786);
    assertSums(
        fixture.check(retinaNet(), retinaNetObjective(), parts, 16, 11),
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

  /** Ignored regions teach nothing where the assigner looks at them. */
  @Test
  void crowdsAreNeitherObjectsNorBackground() {
    RetinaNet head = retinaNet();
    fixture.fill(head);
    GroundTruth crowd =
        new GroundTruth(
            new float[0], new int[0], new boolean[0][], new float[] {-99, -99, 199, 199});
    MaxIoUAssigner looking = new MaxIoUAssigner(0.5f, 0.4f, 0, true, true, 0.5f);
    RetinaNetObjective objective = new RetinaNetObjective(looking, SigmoidFocalLoss.RETINANET, 4);
    float without =
        fixture
            .losses(new Case(head, objective), fixture.maps(), List.of(nothing(), nothing()))
            .total()
            .getFloat();
    float one =
        fixture
            .losses(new Case(head, objective), fixture.maps(), List.of(crowd, nothing()))
            .total()
            .getFloat();
    float both =
        fixture
            .losses(new Case(head, objective), fixture.maps(), List.of(crowd, crowd))
            .total()
            .getFloat();
    assertThat(both).isZero();
    assertThat(one).isBetween(0.1f * without, 0.9f * without);
  }
}
