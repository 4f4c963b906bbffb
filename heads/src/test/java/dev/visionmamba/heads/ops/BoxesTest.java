package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Boxes in a float array, and their overlaps. */
public class BoxesTest {
  /** The greatest coordinate. */
  public static final int GRID = 12;

  /** Up to so many boxes with corners on a small grid, empty ones among them. */
  public static Arbitrary<float[]> boxes(int most) {
    return Arbitraries.integers()
        .between(0, GRID)
        .list()
        .ofSize(4)
        .map(BoxesTest::ordered)
        .list()
        .ofMaxSize(most)
        .map(
            list -> {
              float[] flat = new float[4 * list.size()];
              for (int i = 0; i < flat.length; i++) {
                flat[i] = list.get(i / 4)[i % 4];
              }
              return flat;
            });
  }

  private static int[] ordered(List<Integer> n) {
    return new int[] {
      Math.min(n.get(0), n.get(1)),
      Math.min(n.get(2), n.get(3)),
      Math.max(n.get(0), n.get(1)),
      Math.max(n.get(2), n.get(3))
    };
  }

  @Provide
  Arbitrary<float[]> someBoxes() {
    return boxes(6);
  }

  @Property(tries = 300)
  void overlapsAreCountsOfCells(
      @ForAll("someBoxes") float[] boxes, @ForAll("someBoxes") float[] others) {
    float[] matrix = Boxes.iou(boxes, others);
    int m = others.length / 4;
    assertThat(matrix).hasSize(boxes.length / 4 * m);
    for (int i = 0; i < matrix.length; i++) {
      assertThat(matrix[i]).isEqualTo((float) iou(boxes, i / m, others, i % m));
    }
  }

  /** By looking at every cell of the grid. */
  public static double iou(float[] boxes, int i, float[] others, int j) {
    int union = 0;
    for (int x = 0; x < GRID; x++) {
      for (int y = 0; y < GRID; y++) {
        union += holds(boxes, i, x, y) || holds(others, j, x, y) ? 1 : 0;
      }
    }
    return union == 0 ? 0 : (double) common(boxes, i, others, j) / union;
  }

  /** How many cells two boxes have in common. */
  public static int common(float[] boxes, int i, float[] others, int j) {
    int common = 0;
    for (int x = 0; x < GRID; x++) {
      for (int y = 0; y < GRID; y++) {
        common += holds(boxes, i, x, y) && holds(others, j, x, y) ? 1 : 0;
      }
    }
    return common;
  }

  private static boolean holds(float[] boxes, int i, int x, int y) {
    return boxes[4 * i] <= x
        && x < boxes[4 * i + 2]
        && boxes[4 * i + 1] <= y
        && y < boxes[4 * i + 3];
  }

  @Test
  void workedOverlaps() {
    float[] one = {0, 0, 10, 10};
    float[] others = {0, 0, 10, 10, 0, 0, 10, 9, 5, 0, 15, 10, 10, 0, 20, 10, 2, 2, 2, 8};
    assertThat(Boxes.iou(one, others)).containsExactly(1, 0.9f, 1 / 3f, 0, 0);
    assertThat(Boxes.iou(one, new float[0])).isEmpty();
    assertThat(Boxes.iou(new float[0], others)).isEmpty();
  }

  @Test
  void boxesAreClippedToTheImage() {
    float[] boxes = {-5, -6, 300, 2, 250, 187, 260, 190};
    assertThat(Boxes.clip(boxes, 187, 250)).containsExactly(0, 0, 250, 2, 250, 187, 250, 187);
  }

  @Test
  void overlapOfEmptyBoxesIsNothing() {
    float[] boxes = {0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 0, 0};
    float[] ordered = {0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 1, 2};
    assertThat(Boxes.iou(ordered, ordered)).containsExactly(0, 0, 0, 0, 1, 0, 0, 0, 0);
    assertThat(Boxes.iof(ordered, 2, ordered, 1)).isZero();
    assertThat(Boxes.iof(ordered, 1, new float[] {1, 0, 5, 5}, 0)).isEqualTo(0.5f);
    assertThatThrownBy(() -> Boxes.iou(boxes, boxes)).hasMessageContaining("boxes[2] must be");
  }

  @Test
  void selectAndConcat() {
    float[] boxes = {0, 0, 1, 1, 2, 2, 3, 3};
    assertThat(Boxes.select(boxes, new int[] {1, 1, 0}))
        .containsExactly(2, 2, 3, 3, 2, 2, 3, 3, 0, 0, 1, 1);
    assertThat(Boxes.select(boxes, new int[0])).isEmpty();
    assertThat(Boxes.concat(new float[] {4, 4, 5, 5}, boxes))
        .containsExactly(4, 4, 5, 5, 0, 0, 1, 1, 2, 2, 3, 3);
    assertThatThrownBy(() -> Boxes.select(boxes, new int[] {2}))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void numbersThatAreNoneAreRefused(int corner) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] boxes = {0, 0, 1, 1, 2, 2, 3, 3};
      boxes[4 + corner] = bad;
      assertThatThrownBy(() -> Boxes.require("anchors", boxes))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("anchors[1] must be finite")
          .hasMessageContaining(Float.toString(bad));
    }
  }

  @Test
  void infiniteBoxesAreRefusedThoughTheirCornersAreInOrder() {
    float infinity = Float.POSITIVE_INFINITY;
    for (float[] boxes :
        new float[][] {
          {-infinity, 0, infinity, 0},
          {infinity, 0, infinity, 1},
          {0, -infinity, 0, -infinity},
          {-3e38f, 0, 3e38f, 1}
        }) {
      assertThatThrownBy(() -> Boxes.require("boxes", boxes))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void cornersOutOfOrderAndOddNumbersAreRefused() {
    assertThatThrownBy(() -> Boxes.require("truths", new float[] {1, 0, 0, 1}))
        .hasMessageContaining("truths[0] must be finite, x1 <= x2, y1 <= y2");
    assertThatThrownBy(() -> Boxes.require("truths", new float[] {0, 1, 1, 0}))
        .hasMessageContaining("truths[0]");
    assertThatThrownBy(() -> Boxes.require("truths", new float[5]))
        .hasMessageContaining("four numbers for each box, but has 5");
    assertThat(Boxes.require("truths", new float[8])).isEqualTo(2);
  }
}
