package dev.visionmamba.tasks.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.tasks.annotations.LabelMap;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentationAccuracyTest {
  private static final List<String> NAMES = List.of("sky", "tree", "road", "never seen");

  private static LabelMap map(int... labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return new LabelMap(labels.length, 1, bytes);
  }

  @Test
  void countsOfAllPicturesAreAddedUp() {
    SegmentationAccuracy measure = new SegmentationAccuracy(NAMES);
    measure.add(map(0, 0, 0, 1, 255, 255), map(0, 0, 1, 1, 1, 255));
    measure.add(map(1, 1, 0), map(1, 2, 0));
    // sky: 4 are, 3 were taken for it, all rightly; tree: 3 are, 3 were, 2 rightly; road: 0, 1.
    assertThat(measure.pixels()).isEqualTo(7);
    assertThat(measure.pixelAccuracy()).isEqualTo(5 / 7.0);
    assertThat(measure.iou(0)).isEqualTo(3 / 4.0);
    assertThat(measure.iou(1)).isEqualTo(2 / 4.0);
    assertThat(measure.iou(2)).isZero();
    assertThat(measure.iou(3)).isNaN();
    assertThat(measure.accuracy(0)).isEqualTo(3 / 4.0);
    assertThat(measure.accuracy(1)).isEqualTo(2 / 3.0);
    assertThat(measure.accuracy(2)).isNaN();
    assertThat(measure.precision(0)).isEqualTo(1);
    assertThat(measure.precision(2)).isZero();
    assertThat(measure.precision(3)).isNaN();
    assertThat(measure.dice(0)).isEqualTo(6 / 7.0);
    assertThat(measure.dice(1)).isEqualTo(4 / 6.0);
    assertThat(measure.dice(2)).isZero();
    assertThat(measure.dice(3)).isNaN();
    assertThat(measure.meanIou()).isEqualTo((3 / 4.0 + 2 / 4.0) / 3, within(1e-15));
    assertThat(measure.meanAccuracy()).isEqualTo((3 / 4.0 + 2 / 3.0) / 2, within(1e-15));
    assertThat(measure.meanDice()).isEqualTo((6 / 7.0 + 4 / 6.0) / 3, within(1e-15));
    double f1 = 2 * measure.precision(1) * measure.accuracy(1);
    assertThat(measure.dice(1))
        .isEqualTo(f1 / (measure.precision(1) + measure.accuracy(1)), within(1e-15));
  }

  @Test
  void nothingCountedIsNoNumber() {
    SegmentationAccuracy measure = new SegmentationAccuracy(NAMES);
    measure.add(map(255, 255), map(0, 200));
    assertThat(measure.pixels()).isZero();
    assertThat(measure.pixelAccuracy()).isNaN();
    assertThat(measure.meanIou()).isNaN();
    assertThat(measure.meanDice()).isNaN();
  }

  @Test
  void foreignLabelsAreRefusedAndNotCounted() {
    SegmentationAccuracy measure = new SegmentationAccuracy(NAMES);
    assertThatThrownBy(() -> measure.add(map(0, 1, 4), map(0, 1, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("true label", "column 2, row 0 is 4", "4 classes");
    assertThatThrownBy(() -> measure.add(map(0, 1), map(0, 255)))
        .hasMessageContainingAll("predicted label", "is 255");
    assertThatThrownBy(() -> measure.add(map(0, 1), map(0, 1, 2)))
        .hasMessageContainingAll("2x1", "3x1");
    assertThat(measure.pixels()).isZero();
    assertThatThrownBy(() -> new SegmentationAccuracy(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SegmentationAccuracy(Collections.nCopies(256, "x")))
        .hasMessageContaining("256");
  }
}
