package dev.visionmamba.heads.assign;

import static dev.visionmamba.heads.assign.Assignment.BACKGROUND;
import static dev.visionmamba.heads.assign.Assignment.IGNORED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.heads.ops.BoxesTest;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Assignment by overlap: cases made by hand, and the rules one after the other on a matrix. */
class MaxIoUAssignerTest {
  private static final float[] NONE = {};

  /** Overlaps with {0, 0, 10, 10}: 1, 0.5, 0.4, 0.2, 0. */
  private static final float[] LADDER = {
    0, 0, 10, 10, 0, 0, 10, 5, 0, 0, 10, 4, 0, 0, 10, 2, 20, 20, 30, 30
  };

  private static final float[] TRUTH = {0, 0, 10, 10};

  @Test
  void thresholds() {
    MaxIoUAssigner assigner = new MaxIoUAssigner(0.5f, 0.3f, 0, false, true, -1);
    Assignment assignment = assigner.assign(LADDER, TRUTH);
    assertThat(truths(assignment)).containsExactly(0, 0, IGNORED, BACKGROUND, BACKGROUND);
    assertThat(assignment.positives()).containsExactly(0, 1);
    assertThat(assignment.negatives()).containsExactly(3, 4);
    assertThat(assignment.iouOf(1)).isEqualTo(0.5f);
    assertThat(assignment.iouOf(2)).isEqualTo(0.4f);
    assertThat(assignment.iouOf(4)).isZero();
    assertThat(assignment.labels(new int[] {7}, 80, -1)).containsExactly(7, 7, -1, 80, 80);
    // Exactly at the lower threshold is no longer background.
    assertThat(truths(new MaxIoUAssigner(0.5f, 0.2f, 0, false, true, -1).assign(LADDER, TRUTH)))
        .containsExactly(0, 0, IGNORED, IGNORED, BACKGROUND);
  }

  @Test
  void aTrueBoxTakesWhatOverlapsItMost() {
    float[] boxes = {0, 0, 10, 4, 0, 6, 10, 10, 0, 0, 10, 3, 50, 50, 60, 60};
    MaxIoUAssigner all = new MaxIoUAssigner(0.7f, 0.3f, 0.3f, true, true, -1);
    assertThat(truths(all.assign(boxes, TRUTH))).containsExactly(0, 0, IGNORED, BACKGROUND);
    MaxIoUAssigner first = new MaxIoUAssigner(0.7f, 0.3f, 0.3f, true, false, -1);
    assertThat(truths(first.assign(boxes, TRUTH))).containsExactly(0, IGNORED, IGNORED, BACKGROUND);
    MaxIoUAssigner atLeastHalf = new MaxIoUAssigner(0.7f, 0.3f, 0.5f, true, true, -1);
    assertThat(truths(atLeastHalf.assign(boxes, TRUTH)))
        .containsExactly(IGNORED, IGNORED, IGNORED, BACKGROUND);
  }

  @Test
  void aTrueBoxTakesABoxFromAnother() {
    // The box overlaps the first by 0.9, the second by 0.8, which has no better one.
    float[] boxes = {0, 0, 10, 10};
    float[] truths = {0, 0, 10, 9, 0, 0, 10, 8};
    MaxIoUAssigner low = new MaxIoUAssigner(0.7f, 0.3f, 0.3f, true, true, -1);
    assertThat(truths(low.assign(boxes, truths))).containsExactly(1);
    MaxIoUAssigner high = new MaxIoUAssigner(0.7f, 0.3f, 0.3f, false, true, -1);
    assertThat(truths(high.assign(boxes, truths))).containsExactly(0);
    assertThat(low.assign(boxes, truths).iouOf(0)).isEqualTo(0.9f);
  }

  @Test
  void ofTrueBoxesThatOverlapABoxEquallyTheFirstHasIt() {
    float[] boxes = {0, 0, 10, 10};
    float[] truths = {0, 0, 10, 2, 0, 0, 10, 6, 0, 4, 10, 10};
    assertThat(truths(new MaxIoUAssigner(0.5f, 0.3f, 0, false, true, -1).assign(boxes, truths)))
        .containsExactly(1);
    // By low-quality matching the last takes it from those before.
    assertThat(truths(MaxIoUAssigner.RETINANET.assign(boxes, truths))).containsExactly(2);
  }

  @Test
  void aTrueBoxApartFromAllTakesNone() {
    float[] truths = {0, 0, 10, 10, 900, 900, 950, 950, 3, 3, 3, 9};
    assertThat(truths(MaxIoUAssigner.RETINANET.assign(LADDER, truths)))
        .containsExactly(0, 0, IGNORED, BACKGROUND, BACKGROUND);
  }

  @Test
  void boxesInACrowdAreIgnored() {
    // Three quarters of the second box's area lie in the region, half of the fourth's.
    float[] boxes = {0, 0, 10, 10, 20, 0, 30, 10, 60, 60, 70, 70, 20, 5, 30, 15};
    float[] region = {20, 2.5f, 40, 10};
    MaxIoUAssigner assigner = new MaxIoUAssigner(0.5f, 0.5f, 0.5f, true, true, 0.5f);
    Assignment assignment = assigner.assign(boxes, boxes, region, null);
    assertThat(truths(assignment)).containsExactly(0, IGNORED, 2, 3);
    assertThat(assignment.iouOf(1)).isEqualTo(-1);
    // Not by default; and not by a region's own share, which is small.
    assertThat(truths(MaxIoUAssigner.MASK_RCNN.assign(boxes, boxes, region, null)))
        .containsExactly(0, 1, 2, 3);
    assertThat(truths(assigner.assign(boxes, NONE, region, null)))
        .containsExactly(BACKGROUND, IGNORED, BACKGROUND, BACKGROUND);
  }

  @Test
  void boxesThatTakeNoPartHideNothing() {
    boolean[] candidates = {false, true, true, true, true};
    Assignment assignment = MaxIoUAssigner.RPN.assign(LADDER, TRUTH, NONE, candidates);
    // Without the best box the next takes its place, at an overlap of 0.5.
    assertThat(truths(assignment)).containsExactly(IGNORED, 0, IGNORED, BACKGROUND, BACKGROUND);
    assertThat(assignment.iouOf(0)).isEqualTo(-1);
  }

  @Test
  void nothingToAssign() {
    assertThat(truths(MaxIoUAssigner.RPN.assign(LADDER, NONE))).containsOnly(BACKGROUND);
    assertThat(MaxIoUAssigner.RPN.assign(LADDER, NONE).labels(new int[0], 3, -1)).containsOnly(3);
    assertThat(MaxIoUAssigner.RPN.assign(NONE, TRUTH).size()).isZero();
    assertThat(MaxIoUAssigner.RPN.assign(NONE, TRUTH).truths()).isOne();
    assertThat(MaxIoUAssigner.RPN.assign(NONE, NONE).size()).isZero();
    // Background even where nothing is less than the lower threshold.
    MaxIoUAssigner zero = new MaxIoUAssigner(0.5f, 0, 0, true, true, -1);
    assertThat(truths(zero.assign(LADDER, NONE))).containsOnly(BACKGROUND);
  }

  /** Options, whose thresholds are decimals: the rules below read them in double precision. */
  record Options(
      double positive, double negative, double low, boolean match, boolean all, double ignore) {
    MaxIoUAssigner assigner() {
      return new MaxIoUAssigner(
          (float) positive, (float) negative, (float) low, match, all, (float) ignore);
    }
  }

  @Provide
  Arbitrary<Options> options() {
    Arbitrary<Boolean> either = Arbitraries.of(true, false);
    return Combinators.combine(
            Arbitraries.of(0.5, 0.7, 0.25),
            Arbitraries.of(0.0, 0.1, 0.25),
            Arbitraries.of(0.0, 0.2, 0.3, 0.5),
            either,
            either,
            Arbitraries.of(-1.0, 0.3, 0.5, 1.0))
        .as(Options::new);
  }

  @Provide
  Arbitrary<float[]> anchors() {
    return BoxesTest.boxes(25);
  }

  @Provide
  Arbitrary<float[]> truthsOrRegions() {
    return BoxesTest.boxes(5);
  }

  @Property(tries = 500)
  void followsTheRules(
      @ForAll("options") Options options,
      @ForAll("anchors") float[] boxes,
      @ForAll("truthsOrRegions") float[] truths,
      @ForAll("truthsOrRegions") float[] regions,
      @ForAll long seed) {
    int n = boxes.length / 4;
    boolean[] candidates = new boolean[n];
    Random random = new Random(seed);
    for (int i = 0; i < n; i++) {
      candidates[i] = random.nextInt(4) > 0;
    }
    Assignment assignment = options.assigner().assign(boxes, truths, regions, candidates);
    assertThat(truths(assignment)).isEqualTo(rules(options, boxes, truths, regions, candidates));
  }

  /** Each rule of the definition on the whole matrix of overlaps, in double precision. */
  private static int[] rules(
      Options options, float[] boxes, float[] truths, float[] regions, boolean[] candidates) {
    int n = boxes.length / 4;
    int m = truths.length / 4;
    double[][] overlaps = new double[m][n];
    boolean[] out = new boolean[n];
    for (int i = 0; i < n; i++) {
      out[i] = !candidates[i];
      double area = BoxesTest.common(boxes, i, boxes, i);
      for (int j = 0; j < regions.length / 4 && area > 0 && options.ignore > 0; j++) {
        out[i] |= BoxesTest.common(boxes, i, regions, j) / area > options.ignore;
      }
      for (int j = 0; j < m; j++) {
        overlaps[j][i] = out[i] ? -1 : BoxesTest.iou(boxes, i, truths, j);
      }
    }
    int[] result = new int[n];
    for (int i = 0; i < n; i++) {
      int box = i;
      double greatest = IntStream.range(0, m).mapToDouble(j -> overlaps[j][box]).max().orElse(0);
      result[i] = IGNORED;
      if (!out[i] && (m == 0 || greatest < options.negative)) {
        result[i] = BACKGROUND;
      }
      if (!out[i] && greatest >= options.positive) {
        result[i] =
            IntStream.range(0, m).filter(j -> overlaps[j][box] == greatest).min().orElse(-9);
      }
    }
    for (int j = 0; j < m && options.match; j++) {
      double greatest = Arrays.stream(overlaps[j]).max().orElse(-1);
      boolean taken = false;
      for (int i = 0; i < n && greatest > 0 && greatest >= options.low; i++) {
        if (overlaps[j][i] == greatest && (options.all || !taken)) {
          result[i] = j;
          taken = true;
        }
      }
    }
    return result;
  }

  @Test
  void badArgumentsAreRefused() {
    float[] nan = {0, 0, Float.NaN, 1};
    assertThatThrownBy(() -> MaxIoUAssigner.RPN.assign(nan, TRUTH))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("boxes[0] must be finite")
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> MaxIoUAssigner.RPN.assign(LADDER, nan))
        .hasMessageContaining("truths[0]");
    assertThatThrownBy(() -> MaxIoUAssigner.RPN.assign(LADDER, TRUTH, nan, null))
        .hasMessageContaining("ignoredRegions[0]");
    assertThatThrownBy(() -> MaxIoUAssigner.RPN.assign(LADDER, TRUTH, NONE, new boolean[2]))
        .hasMessageContaining("candidates must be 5");
    Assignment assignment = MaxIoUAssigner.RPN.assign(LADDER, TRUTH);
    assertThatThrownBy(() -> assignment.labels(new int[] {80}, 80, -1))
        .hasMessageContaining("classes[0] must be within [0, 80), but is 80");
    assertThatThrownBy(() -> assignment.labels(new int[2], 80, -1))
        .hasMessageContaining("classes must be 1");
    assertThatThrownBy(() -> new MaxIoUAssigner(0, 0, 0, true, true, -1))
        .hasMessageContaining("positiveFrom");
    assertThatThrownBy(() -> new MaxIoUAssigner(0.5f, 0.6f, 0, true, true, -1))
        .hasMessageContaining("negativeBelow");
    assertThatThrownBy(() -> new MaxIoUAssigner(0.5f, 0.4f, Float.NaN, true, true, -1))
        .hasMessageContaining("lowQualityFrom");
    assertThatThrownBy(() -> new MaxIoUAssigner(0.5f, 0.4f, 0, true, true, Float.NaN))
        .hasMessageContaining("ignoreAbove");
  }

  private static int[] truths(Assignment assignment) {
    return IntStream.range(0, assignment.size()).map(assignment::truthOf).toArray();
  }
}
