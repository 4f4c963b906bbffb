package dev.visionmamba.tasks.annotations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LabelMapTest {

  @Test
  void withoutZeroEveryLabelIsOneLess() {
    LabelMap map = new LabelMap(3, 2, new byte[] {0, 1, 2, (byte) 150, (byte) 254, (byte) 255});
    LabelMap lowered = map.withoutZero();
    assertThat(lowered.label(0, 0)).isEqualTo(LabelMap.IGNORED);
    assertThat(lowered.label(1, 0)).isZero();
    assertThat(lowered.label(2, 0)).isEqualTo(1);
    assertThat(lowered.label(0, 1)).isEqualTo(149);
    assertThat(lowered.label(1, 1)).isEqualTo(253);
    assertThat(lowered.label(2, 1)).isEqualTo(LabelMap.IGNORED);
    assertThat(lowered.counts()[LabelMap.IGNORED]).isEqualTo(2);
    assertThat(lowered).isNotEqualTo(map);
    assertThat(map).isEqualTo(new LabelMap(3, 2, map.labels().clone()));
  }

  @Test
  void emptyAndMisshapenMapsAreRefused() {
    assertThatThrownBy(() -> new LabelMap(0, 2, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x2");
    assertThatThrownBy(() -> new LabelMap(3, 2, new byte[5])).hasMessageContaining("got 5");
    LabelMap map = new LabelMap(1, 1, new byte[1]);
    assertThatThrownBy(() -> map.label(1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
