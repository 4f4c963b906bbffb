package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Suppression is what comparing all pairs gives, whatever the boxes. */
class NmsTest {

  /**
   * Random boxes; their numbers follow from the seed.
   *
   * @param extent of the area in which they lie
   * @param smallest and largest sides
   * @param step of the grid that coordinates lie on; 0 for none
   * @param scores how many different scores there are
   */
  record Case(
      int count,
      double extent,
      double smallest,
      double largest,
      double step,
      int scores,
      float threshold,
      long seed) {

    float[] boxes() {
      Random random = new Random(seed);
      float[] boxes = new float[count * 4];
      for (int i = 0; i < boxes.length; i += 4) {
        double x = onGrid((random.nextDouble() * 1.2 - 0.2) * extent);
        double y = onGrid((random.nextDouble() * 1.2 - 0.2) * extent);
        boxes[i] = (float) x;
        boxes[i + 1] = (float) y;
        boxes[i + 2] = (float) (x + onGrid(side(random)));
        boxes[i + 3] = (float) (y + onGrid(side(random)));
      }
      return boxes;
    }

    private double side(Random random) {
      return smallest * Math.pow(largest / smallest, random.nextDouble());
    }

    private double onGrid(double coordinate) {
      return step == 0 ? coordinate : Math.rint(coordinate / step) * step;
    }

    float[] scoreList() {
      Random random = new Random(seed + 1);
      float[] list = new float[count];
      for (int i = 0; i < count; i++) {
        list[i] = random.nextInt(scores) / (float) scores - 0.5f;
      }
      return list;
    }

    int[] classes(int kinds) {
      return new Random(seed + 2).ints(count, 0, kinds).toArray();
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 400),
            Arbitraries.of(1.0, 30.0, 300.0, 20_000.0, 1e7),
            Arbitraries.of(0.01, 1.0, 20.0),
            Arbitraries.of(1.01, 4.0, 100.0, 10_000.0),
            Arbitraries.of(0.0, 1.0, 0.5),
            Arbitraries.of(1, 3, 1_000_000),
            Arbitraries.of(0f, 0.01f, 0.1f, 0.3f, 0.5f, 0.7f, 0.95f, 1f),
            Arbitraries.longs())
        .as(
            (count, extent, smallest, ratio, step, scores, threshold, seed) ->
                new Case(count, extent, smallest, smallest * ratio, step, scores, threshold, seed));
  }

  @Property(tries = 1500, edgeCases = EdgeCasesMode.NONE)
  void keepsWhatComparingAllPairsKeeps(@ForAll("cases") Case random) {
    float[] boxes = random.boxes();
    float[] scores = random.scoreList();
    assertThat(Nms.plain(boxes, scores, random.threshold()))
        .isEqualTo(AllPairs.keep(boxes, scores, random.threshold()));
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void keepsInEachClassWhatComparingAllPairsKeeps(@ForAll("cases") Case random) {
    float[] boxes = Boxes.clip(random.boxes(), 1e7f, 1e7f);
    float[] scores = random.scoreList();
    int[] classes = random.classes(5);
    assertThat(Nms.byClass(boxes, scores, classes, random.threshold()))
        .isEqualTo(AllPairs.keep(AllPairs.apart(boxes, classes), scores, random.threshold()));
  }

  /** From a number of boxes on, classes never meet, not even at coordinates below 0. */
  @ParameterizedTest
  @ValueSource(ints = {Nms.SPLIT - 1, Nms.SPLIT})
  void manyBoxesGoClassByClass(int count) {
    Case random = new Case(count, 400, 5, 100, 0, 500, 0.5f, 7);
    float[] boxes = random.boxes();
    float[] scores = random.scoreList();
    int[] classes = random.classes(3);
    float[] apart = AllPairs.apart(boxes, classes);
    int[] expected = AllPairs.keep(apart, scores, 0.5f);
    if (count >= Nms.SPLIT) {
      TreeSet<Integer> kept = new TreeSet<>(byScore(scores));
      for (int label = 0; label < 3; label++) {
        int of = label;
        int[] members = IntStream.range(0, count).filter(i -> classes[i] == of).toArray();
        float[] memberScores = new float[members.length];
        for (int i = 0; i < members.length; i++) {
          memberScores[i] = scores[members[i]];
        }
        for (int i : AllPairs.keep(Boxes.select(apart, members), memberScores, 0.5f)) {
          kept.add(members[i]);
        }
      }
      expected = kept.stream().mapToInt(i -> i).toArray();
    }
    int[] kept = Nms.byClass(boxes, scores, classes, 0.5f);
    assertThat(Arrays.mismatch(kept, expected)).isEqualTo(-1);
  }

  @Test
  void twentyThousandBoxes() {
    for (float threshold : new float[] {0.3f, 0.7f}) {
      Case random = new Case(20_000, 1000, 8, 300, 0, 1_000_000, threshold, 11);
      float[] boxes = random.boxes();
      float[] scores = random.scoreList();
      int[] kept = Nms.plain(boxes, scores, threshold);
      assertThat(Arrays.mismatch(kept, AllPairs.keep(boxes, scores, threshold))).isEqualTo(-1);
    }
  }

  @Test
  void noBoxesAndOne() {
    assertThat(Nms.plain(new float[0], new float[0], 0.5f)).isEmpty();
    assertThat(Nms.byClass(new float[0], new float[0], new int[0], 0.5f)).isEmpty();
    assertThat(Nms.plain(new float[] {1, 2, 3, 4}, new float[] {-1}, 0f)).containsExactly(0);
  }

  @Test
  void anOverlapOfExactlyTheThresholdIsKept() {
    float[] boxes = {0, 0, 2, 1, 0, 0, 1, 1, 0, 0, 1.0001f, 1};
    assertThat(Nms.plain(boxes, new float[] {3, 2, 1}, 0.5f)).containsExactly(0, 1);
  }

  @Test
  void equalScoresGoByIndexAndZeroesAreEqual() {
    float[] boxes = {0, 0, 1, 1, 5, 5, 6, 6, 9, 9, 10, 10};
    assertThat(Nms.plain(boxes, new float[] {-0f, 0f, -0f}, 0.5f)).containsExactly(0, 1, 2);
  }

  @Test
  void boxesWithoutAreaStay() {
    float[] boxes = {0, 0, 4, 4, 1, 1, 1, 3, 1, 1, 1, 3, 4, 4, 0, 0, 3, 0, 1, 4};
    assertThat(Nms.plain(boxes, new float[] {5, 4, 3, 2, 1}, 0f)).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void hugeAndTinyBoxesArePlacedToo() {
    float big = 1e30f;
    float[] boxes = {
      0, 0, big, big, 1, 1, big, big, -big, -big, 0, 0, 0, 0, 1e-12f, 1e-12f, 0, 0, 1e-12f, 1e-12f
    };
    float[] scores = {5, 4, 3, 2, 1};
    assertThat(Nms.plain(boxes, scores, 0.5f)).isEqualTo(AllPairs.keep(boxes, scores, 0.5f));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void numbersThatHaveNoOrderAreRefused(float bad) {
    float[] boxes = {0, 0, 1, 1, 0, 0, 1, 1};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Nms.plain(boxes, new float[] {1, bad}, 0.5f))
        .withMessage("scores must be finite, but [1] is " + bad);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Nms.byClass(boxes, new float[] {1, bad}, new int[2], 0.5f))
        .withMessage("scores must be finite, but [1] is " + bad);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Nms.plain(new float[] {0, 0, bad, 1}, new float[] {1}, 0.5f))
        .withMessage("coordinates of boxes must be finite, but [2] is " + bad);
  }

  @Test
  void numbersThatDoNotFitAreRefused() {
    float[] boxes = {0, 0, 1, 1};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Nms.plain(new float[5], new float[1], 0.5f))
        .withMessageContaining("5 floats");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Nms.plain(boxes, new float[2], 0.5f))
        .withMessageContaining("1 boxes need as many scores");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Nms.byClass(boxes, new float[1], new int[3], 0.5f))
        .withMessageContaining("there are 3");
    for (float threshold : new float[] {-0.1f, 1.1f, Float.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Nms.plain(boxes, new float[1], threshold))
          .withMessageContaining("from 0 to 1");
    }
  }

  private static Comparator<Integer> byScore(float[] scores) {
    return Comparator.<Integer>comparingDouble(i -> -scores[i]).thenComparingInt(i -> i);
  }

  /** The definition, by comparing all pairs. */
  private static final class AllPairs {

    static int[] keep(float[] boxes, float[] scores, float threshold) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, scores.length).boxed().toList());
      order.sort(byScore(scores));
      boolean[] suppressed = new boolean[scores.length];
      List<Integer> kept = new ArrayList<>();
      for (int a = 0; a < order.size(); a++) {
        int i = order.get(a);
        if (suppressed[i]) {
          continue;
        }
        kept.add(i);
        for (int b = a + 1; b < order.size(); b++) {
          int j = order.get(b);
          suppressed[j] |= iou(boxes, 4 * i, 4 * j) > threshold;
        }
      }
      return kept.stream().mapToInt(i -> i).toArray();
    }

    private static float iou(float[] boxes, int i, int j) {
      float left = Math.max(boxes[i], boxes[j]);
      float top = Math.max(boxes[i + 1], boxes[j + 1]);
      float right = Math.min(boxes[i + 2], boxes[j + 2]);
      float bottom = Math.min(boxes[i + 3], boxes[j + 3]);
      float intersection = Math.max(0, right - left) * Math.max(0, bottom - top);
      float one = (boxes[i + 2] - boxes[i]) * (boxes[i + 3] - boxes[i + 1]);
      float other = (boxes[j + 2] - boxes[j]) * (boxes[j + 3] - boxes[j + 1]);
      return intersection / (one + other - intersection);
    }

    static float[] apart(float[] boxes, int[] classes) {
      float largest = Float.NEGATIVE_INFINITY;
      for (float coordinate : boxes) {
        largest = Math.max(largest, coordinate);
      }
      float[] apart = new float[boxes.length];
      for (int i = 0; i < boxes.length; i++) {
        apart[i] = boxes[i] + (float) classes[i / 4] * (largest + 1);
      }
      return apart;
    }
  }
}
