package dev.visionmamba.tasks.annotations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BoxTest {

  @Test
  void overlapIsIntersectionOverUnionOrOverItselfForCrowds() {
    Box found = new Box(0, 0, 4, 4);
    Box truth = new Box(2, 0, 4, 8);
    assertThat(found.overlap(truth, false)).isEqualTo(8.0 / 40);
    assertThat(found.overlap(truth, true)).isEqualTo(8.0 / 16);
    assertThat(truth.overlap(found, true)).isEqualTo(8.0 / 32);
    assertThat(found.overlap(found, false)).isEqualTo(1);
    assertThat(found.overlap(new Box(4, 0, 3, 3), false)).isZero();
    Box empty = new Box(1, 1, 0, 2);
    assertThat(empty.overlap(empty, false)).isZero();
    assertThat(empty.overlap(found, true)).isZero();
  }

  @Test
  void clippingLeavesWhatIsInThePicture() {
    assertThat(new Box(-2, 1, 5, 30).clipped(10, 8)).isEqualTo(new Box(0, 1, 3, 7));
    assertThat(new Box(20, 20, 5, 5).clipped(10, 8)).isEqualTo(new Box(10, 8, 0, 0));
    assertThat(new Box(-9, -9, 5, 5).clipped(10, 8).area()).isZero();
    Box inside = new Box(1.5, 2.5, 3, 4);
    assertThat(inside.clipped(10, 8)).isEqualTo(inside);
    assertThat(inside.right()).isEqualTo(4.5);
    assertThat(inside.bottom()).isEqualTo(6.5);
    assertThat(inside.area()).isEqualTo(12);
  }

  @Test
  void brokenNumbersAreRefused() {
    assertThatThrownBy(() -> new Box(0, 0, -1, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("width -1.0");
    assertThatThrownBy(() -> new Box(Double.NaN, 0, 1, 2)).hasMessageContaining("left NaN");
    assertThatThrownBy(() -> new Box(0, 0, 1, Double.POSITIVE_INFINITY))
        .hasMessageContaining("height Infinity");
    assertThatThrownBy(() -> new Box(1e308, 0, 1e308, 1)).hasMessageContaining("finite");
    assertThatThrownBy(() -> Box.ofCorners(5, 0, 4, 1)).hasMessageContaining("width -1.0");
  }
}
