package dev.visionmamba.heads.assign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Anchors beyond an image. */
class AnchorFlagsTest {
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
    assertThatThrownBy(() -> AnchorFlags.valid(2, 2, 3, 2, 1)).hasMessageContaining("validHeight");
    assertThatThrownBy(() -> AnchorFlags.valid(2, 2, 2, -1, 1)).hasMessageContaining("validWidth");
    assertThatThrownBy(() -> AnchorFlags.valid(2, 2, 2, 2, 0)).hasMessageContaining("anchors");
  }
}
