package dev.visionmamba.heads.detection;

import static dev.visionmamba.heads.detection.ObjectiveFixture.CLASSES;
import static dev.visionmamba.heads.detection.ObjectiveFixture.FRAMES;
import static dev.visionmamba.heads.detection.ObjectiveFixture.assertFiniteGradients;
import static dev.visionmamba.heads.detection.ObjectiveFixture.everything;
import static dev.visionmamba.heads.detection.ObjectiveFixture.maskRcnn;
import static dev.visionmamba.heads.detection.ObjectiveFixture.nothing;
import static dev.visionmamba.heads.detection.ObjectiveFixture.randoms;
import static dev.visionmamba.heads.detection.ObjectiveFixture.retinaNet;
import static dev.visionmamba.heads.detection.ObjectiveFixture.retinaNetObjective;
import static dev.visionmamba.heads.detection.ObjectiveFixture.truths;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.assign.MaxIoUAssigner;
import dev.visionmamba.heads.detection.ObjectiveFixture.Case;
import dev.visionmamba.heads.losses.SigmoidFocalLoss;
import dev.visionmamba.heads.ops.Tapes;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for all objectives: batches with little or nothing to learn from, and refusals. */
class DetectionObjectiveTest {
  private final ObjectiveFixture fixture = new ObjectiveFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  /** All parameters keep a gradient, if of 0, so that an optimizer finds one. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void imagesWithoutObjectsTeachBackground(boolean masks) {
    Case which = Case.of(masks);
    fixture.fill(which.head());
    List<NDArray> maps = fixture.maps();
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = fixture.losses(which, maps, List.of(nothing(), nothing()));
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
    assertFiniteGradients(which.head());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneClassIsEnough(boolean masks) {
    Case which =
        masks ? new Case(maskRcnn(1), everything()) : new Case(retinaNet(1), retinaNetObjective());
    fixture.fill(which.head());
    List<GroundTruth> truths =
        truths().stream()
            .map(
                truth ->
                    new GroundTruth(
                        truth.boxes(), new int[truth.size()], truth.masks(), new float[0]))
            .toList();
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = fixture.losses(which, fixture.maps(), truths);
      losses.parts().forEach((name, loss) -> assertThat(loss.getFloat()).as(name).isPositive());
      assertThat(losses.positives()).isPositive();
      assertThat(losses.recognised()).isBetween(0, losses.positives());
      collector.backward(losses.total());
    }
    assertFiniteGradients(which.head());
  }

  /** An image without objects adds background; what the other learns of its objects stays. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anImageWithoutObjectsBesideOneWithSome(boolean masks) {
    Case which = masks ? new Case(maskRcnn(), everything()) : Case.of(false);
    fixture.fill(which.head());
    GroundTruth second = truths().get(1);
    try (GradientCollector collector = Tapes.collector()) {
      DetectionLosses losses = fixture.losses(which, fixture.maps(), List.of(nothing(), second));
      DetectionLosses swapped =
          fixture.losses(which, fixture.maps(), List.of(truths().get(0), nothing()));
      DetectionLosses both = fixture.losses(which, fixture.maps(), truths());
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
    assertFiniteGradients(which.head());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void numbersThatAreNotFiniteAreRefused(boolean masks) {
    Case which = Case.of(masks);
    fixture.fill(which.head());
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      List<NDArray> maps = fixture.maps();
      maps.set(0, maps.get(0).stopGradient().add(bad));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.losses(which, maps, truths()))
          .withMessageContaining("finite");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void mapsOfAnotherHeadAreRefused(boolean masks) {
    Case which = Case.of(masks);
    fixture.fill(which.head());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> fixture.losses(which, fixture.maps().subList(0, 2), truths()))
        .withMessageContaining("must be (batch, channels, height, width) with [3, 3, 3] channels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> fixture.losses(which, List.of(), truths()))
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

  @Test
  void whatDoesNotFitIsRefused() {
    MaskRcnn head = maskRcnn();
    fixture.fill(head);
    ParameterStore store = new ParameterStore(fixture.manager, false);
    List<NDArray> maps = fixture.maps();
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
