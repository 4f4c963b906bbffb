package dev.visionmamba.heads.assign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Anchors at an image's edge. */
class AnchorFlagsTest {
  private static final float[] ANCHORS = {
    0, 0, 10, 10, // inside
    -1, 0, 10, 10, // over the left edge by one
    0, -2, 10, 10, // over the upper edge by two
    0, 0, 100, 10, // up to the right edge, which is outside
    0, 0, 99, 50, // up to the lower edge
    0, 0, 100.5f, 50.5f
  };

  @Test
  void borders() {
    assertThat(AnchorFlags.inside(ANCHORS, null, 50, 100, 0))
        .containsExactly(true, false, false, false, false, false);
    assertThat(AnchorFlags.inside(ANCHORS, null, 50, 100, 1))
        .containsExactly(true, true, false, true, true, true);
    assertThat(AnchorFlags.inside(ANCHORS, null, 50, 100, 2)).containsOnly(true);
    assertThat(AnchorFlags.inside(ANCHORS, null, 50, 100, -1)).containsOnly(true);
    boolean[] valid = {true, true, false, true, false, true};
    assertThat(AnchorFlags.inside(ANCHORS, valid, 50, 100, -1)).containsExactly(valid);
    assertThat(AnchorFlags.inside(ANCHORS, valid, 50, 100, 1))
        .containsExactly(true, true, false, true, false, true);
    assertThat(AnchorFlags.inside(new float[0], null, 50, 100, 0)).isEmpty();
  }

  @Test
  void placesOnThePaddingAreNotValid() {
    assertThat(AnchorFlags.valid(3, 2, 2, 1, 2))
        .containsExactly(
            true, true, false, false, true, true, false, false, false, false, false, false);
    assertThat(AnchorFlags.valid(2, 2, 2, 2, 1)).containsOnly(true).hasSize(4);
    assertThat(AnchorFlags.valid(2, 2, 0, 2, 1)).containsOnly(false).hasSize(4);
  }

  @Test
  void badArgumentsAreRefused() {
    assertThatThrownBy(() -> AnchorFlags.inside(new float[] {0, 0, Float.NaN, 1}, null, 5, 5, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("anchors[0]");
    assertThatThrownBy(() -> AnchorFlags.inside(ANCHORS, new boolean[1], 5, 5, 0))
        .hasMessageContaining("valid must have 6 flags");
    assertThatThrownBy(() -> AnchorFlags.inside(ANCHORS, null, 5, 5, Float.NaN))
        .hasMessageContaining("border");
    assertThatThrownBy(() -> AnchorFlags.valid(2, 2, 3, 2, 1)).hasMessageContaining("validHeight");
    assertThatThrownBy(() -> AnchorFlags.valid(2, 2, 2, -1, 1)).hasMessageContaining("validWidth");
    assertThatThrownBy(() -> AnchorFlags.valid(2, 2, 2, 2, 0)).hasMessageContaining("anchors");
  }
}
