package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.tasks.Clothes;
import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary;
import dev.visionmamba.zoo.DetectorModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What is measured of a detector. The detector has not learned anything: what it finds is made the
 * truth, and then more or less of it.
 */
class DetectorEvaluationTest {
  private static final Things PICTURES = new Things(3, 48, 40, 9);
  private static final Set<Overlap> BOTH = EnumSet.allOf(Overlap.class);
  private static final Set<Overlap> BOXES = EnumSet.of(Overlap.BOXES);

  private DetectorModel model;

  @BeforeEach
  void open() {
    model = SmallDetectors.create(true);
    try (GradientMode off = GradientMode.off()) { // whole boxes are objects
      NDArray bias = StateDict.of(model.network()).get("roi_head.mask_head.conv_logits.bias");
      bias.addi(5f);
    }
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** The pictures, with other things in them. */
  private record Answers(List<List<Instance>> answers) implements DetectionDataset {
    @Override
    public int count() {
      return answers.size();
    }

    @Override
    public List<String> classNames() {
      return Things.CLASSES;
    }

    @Override
    public DetectionExample example(int index) {
      return new DetectionExample(
          10L + index, PICTURES.example(index).picture(), answers.get(index));
    }

    @Override
    public String identity() {
      return "answers";
    }
  }

  private List<List<Detection>> found() throws IOException {
    List<List<Detection>> found = new ArrayList<>();
    List<Long> ids = new ArrayList<>();
    List<Integer> progress = new ArrayList<>();
    DetectorEvaluation.run(
        model,
        PICTURES,
        BOTH,
        2,
        progress::add,
        (detections, id) -> {
          found.add(detections);
          ids.add(id);
        });
    assertThat(ids).containsExactly(0L, 1L, 2L);
    assertThat(progress).containsExactly(2, 3);
    for (int label = 0; label < 2; label++) {
      assertThat(scores(found, label)).as("of class %d", label).hasSizeGreaterThan(2);
    }
    return found;
  }

  private static List<Double> scores(List<List<Detection>> found, int label) {
    return found.stream()
        .flatMap(List::stream)
        .filter(detection -> detection.label() == label)
        .map(Detection::score)
        .toList();
  }

  private static List<List<Instance>> truths(List<List<Detection>> found) {
    List<List<Instance>> truths = new ArrayList<>();
    for (List<Detection> ofPicture : found) {
      List<Instance> things = new ArrayList<>();
      for (Detection one : ofPicture) {
        assertThat(one.mask().area()).isPositive();
        things.add(new Instance(one.label(), one.box(), one.mask(), one.box().area(), false));
      }
      truths.add(things);
    }
    return truths;
  }

  private AveragePrecisionSummary boxes(List<List<Instance>> truths) throws IOException {
    return DetectorEvaluation.run(model, new Answers(truths), BOXES, 1, done -> {})
        .get(Overlap.BOXES);
  }

  @Test
  void whoFindsEverythingIsPerfect() throws Exception {
    Answers truths = new Answers(truths(found()));
    for (int workers : new int[] {1, 2, 5}) {
      Map<Overlap, AveragePrecisionSummary> perfect =
          DetectorEvaluation.run(model, truths, BOTH, workers, done -> {});
      assertThat(perfect).containsOnlyKeys(Overlap.BOXES, Overlap.MASKS);
      for (AveragePrecisionSummary summary : perfect.values()) {
        assertThat(summary.ap()).isCloseTo(1, within(1e-9));
        assertThat(summary.ap50()).isCloseTo(1, within(1e-9));
        assertThat(summary.ar100()).isEqualTo(1);
      }
    }
  }

  /** As many things again of the first class, which nobody finds: half of the recalls are left. */
  @Test
  void halfOfAClassIsMissed() throws Exception {
    List<List<Detection>> found = found();
    List<List<Instance>> truths = truths(found);
    Box corner = new Box(47.5, 39.5, 0.5, 0.5);
    for (int i = scores(found, 0).size(); i > 0; i--) {
      truths.get(0).add(new Instance(0, corner, null, 0.25, false));
    }
    AveragePrecisionSummary summary = boxes(truths);
    assertThat(summary.classes().get(0).ap()).isCloseTo(51 / 101.0, within(1e-9));
    assertThat(summary.classes().get(1).ap()).isCloseTo(1, within(1e-9));
    assertThat(summary.ap50()).isCloseTo((1 + 51 / 101.0) / 2, within(1e-9));
    assertThat(summary.ar100()).isCloseTo(0.75, within(1e-9));
  }

  /** Of the first class only what it is least sure of is there: one of all that it finds. */
  @Test
  void allButTheLeastSureIsWrong() throws Exception {
    List<List<Detection>> found = found();
    List<Double> scores = scores(found, 0);
    double least = scores.stream().min(Double::compare).orElseThrow();
    List<List<Instance>> truths = new ArrayList<>();
    boolean taken = false;
    for (int i = found.size() - 1; i >= 0; i--) {
      List<Instance> things = new ArrayList<>();
      for (int k = found.get(i).size() - 1; k >= 0; k--) {
        Detection one = found.get(i).get(k);
        boolean last = !taken && one.label() == 0 && one.score() == least;
        taken |= last;
        if (last || one.label() == 1) {
          things.add(0, new Instance(one.label(), one.box(), null, one.box().area(), false));
        }
      }
      truths.add(0, things);
    }
    AveragePrecisionSummary summary = boxes(truths);
    // Others may come near the same thing; none does at 0.95.
    assertThat(summary.classes().get(0).ap50()).isBetween(1.0 / scores.size() - 1e-9, 1.0);
    assertThat(summary.classes().get(1).ap()).isCloseTo(1, within(1e-9));
    assertThat(summary.classes().get(0).ap()).isCloseTo(1.0 / scores.size(), within(1e-9));
  }

  @Test
  void wherePicturesShowNothingThereIsNoNumber() throws Exception {
    AveragePrecisionSummary summary = boxes(List.of(List.of(), List.of()));
    assertThat(summary.ap()).isNaN();
    assertThat(summary.ap50()).isNaN();
  }

  @Test
  void whatCannotBeComparedIsSaid() {
    try (DetectorModel boxesOnly = SmallDetectors.create(false)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> DetectorEvaluation.run(boxesOnly, PICTURES, BOTH, 1, done -> {}))
          .withMessage("things finds boxes alone; compare boxes, not masks");
    }
    Answers unmasked =
        new Answers(List.of(List.of(new Instance(0, new Box(1, 1, 9, 9), null, 81, false))));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DetectorEvaluation.run(model, unmasked, BOTH, 1, done -> {}))
        .withMessageContaining("picture 10 has a red without a mask");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DetectorEvaluation.run(model, PICTURES, BOXES, 0, done -> {}))
        .withMessageContaining("at least 1 worker");
    DetectionDataset others = FashionScenes.of(Clothes.bars(10, 1), 1, 1).detection();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DetectorEvaluation.run(model, others, BOXES, 1, done -> {}))
        .withMessageContaining("red, blue");
  }

  @Test
  void aPictureThatCannotBeReadIsAnIoException() {
    DetectionDataset gone =
        new DetectionDataset() {
          @Override
          public int count() {
            return 3;
          }

          @Override
          public List<String> classNames() {
            return Things.CLASSES;
          }

          @Override
          public DetectionExample example(int index) throws DataSetException {
            if (index == 1) {
              throw new DataSetException("picture 1 is gone", null);
            }
            return PICTURES.example(index);
          }

          @Override
          public String identity() {
            return "gone";
          }
        };
    for (int workers : new int[] {1, 3}) {
      assertThatThrownBy(() -> DetectorEvaluation.run(model, gone, BOXES, workers, done -> {}))
          .isInstanceOf(DataSetException.class)
          .hasMessage("picture 1 is gone");
    }
  }
}
