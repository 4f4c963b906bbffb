package dev.visionmamba.heads.assign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What is drawn: how many, of which, and how evenly. */
class RandomSamplerTest {
  /** So many positives of three true boxes, then negatives, then ignored ones. */
  private static Assignment assignment(int positives, int negatives, int ignored) {
    int[] truths = new int[positives + negatives + ignored];
    Arrays.setAll(
        truths,
        i ->
            i < positives
                ? i % 3
                : i < positives + negatives ? Assignment.BACKGROUND : Assignment.IGNORED);
    return new Assignment(3, truths, new float[truths.length]);
  }

  @Property(tries = 300)
  void numbersAreThoseWanted(
      @ForAll @IntRange(max = 40) int positives,
      @ForAll @IntRange(max = 40) int negatives,
      @ForAll @IntRange(max = 5) int ignored,
      @ForAll @IntRange(min = 1, max = 50) int number,
      @ForAll @FloatRange(min = 0, max = 1) float fraction,
      @ForAll boolean addTruths,
      @ForAll @IntRange(min = -1, max = 3) int limit,
      @ForAll long seed) {
    Assignment assignment = assignment(positives, negatives, ignored);
    RandomSampler sampler = new RandomSampler(number, fraction, limit, addTruths);
    Sample sample = sampler.sample(assignment, new Random(seed));
    int added = addTruths ? 3 : 0;
    int wanted = Math.min(positives + added, (int) (number * fraction));
    int rest = Math.min(negatives, number - wanted);
    rest = limit < 0 ? rest : Math.min(rest, limit * Math.max(1, wanted));
    assertThat(sample.positives()).hasSize(wanted).doesNotHaveDuplicates().isSorted();
    assertThat(sample.negatives()).hasSize(rest).doesNotHaveDuplicates().isSorted();
    assertThat(sample.size()).isEqualTo(wanted + rest);
    for (int i = 0; i < wanted; i++) {
      int box = sample.positives()[i];
      assertThat(box).isLessThan(positives + added);
      assertThat(sample.truths()[i]).isEqualTo(box < added ? box : (box - added) % 3);
    }
    for (int box : sample.negatives()) {
      assertThat(box - added).isBetween(positives, positives + negatives - 1);
    }
    Sample again = sampler.sample(assignment, new Random(seed));
    assertThat(again.boxes()).isEqualTo(sample.boxes());
    assertThat(sample.boxes())
        .isEqualTo(
            IntStream.concat(Arrays.stream(sample.positives()), Arrays.stream(sample.negatives()))
                .toArray());
  }

  @Test
  void everyBoxIsDrawnAsOften() {
    Assignment assignment = assignment(10, 20, 0);
    RandomSampler sampler = new RandomSampler(8, 0.5f, -1, false);
    int[] drawn = new int[30];
    Random random = new Random(5);
    int draws = 20_000;
    for (int k = 0; k < draws; k++) {
      for (int box : sampler.sample(assignment, random).boxes()) {
        drawn[box]++;
      }
    }
    // Four of 10 and four of 20: 0.4 and 0.2 of the draws; five deviations are 0.018.
    for (int i = 0; i < drawn.length; i++) {
      assertThat(drawn[i] / (double) draws).isCloseTo(i < 10 ? 0.4 : 0.2, Offset.offset(0.018));
    }
  }

  @Test
  void trueBoxesComeFirst() {
    Assignment assignment =
        new Assignment(2, new int[] {1, Assignment.BACKGROUND}, new float[] {0.6f, 0.1f});
    Sample sample = RandomSampler.RCNN.sample(assignment, new Random(0));
    assertThat(sample.positives()).containsExactly(0, 1, 2);
    assertThat(sample.truths()).containsExactly(0, 1, 1);
    assertThat(sample.negatives()).containsExactly(3);
    assertThat(sample.labels(new int[] {4, 2}, 5)).containsExactly(4, 2, 2, 5);
    assertThat(assignment.withTruths().iouOf(1)).isEqualTo(1);
    assertThat(assignment.withTruths().iouOf(2)).isEqualTo(0.6f);
    assertThatThrownBy(() -> sample.labels(new int[] {4}, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("classes must be 2");
  }

  @Test
  void nothingToDraw() {
    Assignment none = new Assignment(0, new int[0], new float[0]);
    Sample sample = RandomSampler.RCNN.sample(none, new Random(0));
    assertThat(sample.size()).isZero();
    assertThat(sample.labels(new int[0], 5)).isEmpty();
    Sample background = RandomSampler.RPN.sample(assignment(0, 300, 9), new Random(0));
    assertThat(background.positives()).isEmpty();
    assertThat(background.negatives()).hasSize(256);
  }

  @Test
  void badOptionsAreRefused() {
    assertThatThrownBy(() -> new RandomSampler(0, 0.5f, -1, true)).hasMessageContaining("number");
    assertThatThrownBy(() -> new RandomSampler(1, 1.5f, -1, true))
        .hasMessageContaining("positiveFraction");
    assertThatThrownBy(() -> new RandomSampler(1, Float.NaN, -1, true))
        .hasMessageContaining("positiveFraction");
    assertThatThrownBy(() -> new RandomSampler(1, 1, Float.NaN, true))
        .hasMessageContaining("negativesPerPositive");
  }
}
