package dev.visionmamba.tasks.annotations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.image.ImageDecoder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void labelsWithAPaletteAreReadAsLabelsAndSeenAsColours(@TempDir Path folder) throws Exception {
    LabelMap map = new LabelMap(3, 2, new byte[] {0, 1, 2, (byte) 255, 1, 0});
    Path file = folder.resolve("palette.png");
    LabelPng.write(map, List.of(0x303030, 0xff0000, 0x00ff80), file);
    assertThat(LabelPng.read(file)).isEqualTo(map);
    assertThat(ImageDecoder.decode(file).rgb())
        .startsWith(0x30, 0x30, 0x30, 0xff, 0, 0, 0, 0xff, 0x80, 0xff, 0xff, 0xff);
    assertThatThrownBy(() -> LabelPng.write(map, Collections.nCopies(257, 0), file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("257");
  }
}
