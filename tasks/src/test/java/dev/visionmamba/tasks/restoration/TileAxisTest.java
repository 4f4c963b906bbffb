package dev.visionmamba.tasks.restoration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TileAxisTest {

  @Test
  void tilesCoverEveryLength() {
    for (int multiple : new int[] {1, 2, 7, 16}) {
      for (int overlap = 0; overlap <= 20; overlap++) {
        int least = (Math.max(1, 2 * overlap) + multiple - 1) / multiple * multiple;
        for (int largest = least; largest <= least + 3 * multiple + 24; largest += multiple) {
          for (int length = 1; length < 160; length++) {
            check(TileAxis.of(length, largest, overlap, multiple), length, largest, overlap);
            assertThat(TileAxis.of(length, largest, overlap, multiple).size() % multiple).isZero();
          }
        }
      }
    }
  }

  private static void check(TileAxis axis, int length, int largest, int overlap) {
    String name = axis.toString();
    int count = axis.count();
    if (axis.size() > largest || count > 1 && axis.size() > length) {
      throw new AssertionError(name);
    }
    if (count == 1) {
      if (axis.size() < length) {
        throw new AssertionError(name);
      }
      return;
    }
    boolean sound = axis.starts()[0] == 0 && axis.starts()[count - 1] + axis.size() == length;
    sound &= axis.from(0) == 0 && axis.to(count - 1) == length;
    for (int i = 0; i + 1 < count; i++) {
      int shared = axis.starts()[i] + axis.size() - axis.starts()[i + 1];
      int before = axis.ramps()[i] - axis.starts()[i + 1];
      int after = axis.starts()[i] + axis.size() - axis.ramps()[i] - axis.ramp();
      sound &= shared >= overlap && axis.starts()[i + 1] > axis.starts()[i];
      // The ramp is in the middle, with at least a quarter of the overlap on both sides.
      sound &= before >= overlap / 4 && after >= overlap / 4 && Math.abs(after - before) <= 1;
      sound &= axis.from(i) <= axis.settled(i) && axis.settled(i) + axis.ramp() == axis.to(i);
      sound &= axis.from(i + 1) + axis.ramp() <= axis.settled(i + 1);
    }
    if (!sound) {
      throw new AssertionError(name);
    }
  }

  @Test
  void reflectionGoesOnAndOn() {
    assertThat(TileAxis.of(3, 8, 0, 8).pixels(0)).containsExactly(0, 1, 2, 1, 0, 1, 2, 1);
    assertThat(TileAxis.of(1, 4, 0, 4).pixels(0)).containsExactly(0, 0, 0, 0);
    assertThat(TileAxis.of(2, 4, 0, 4).pixels(0)).containsExactly(0, 1, 0, 1);
    assertThat(TileAxis.of(5, 8, 0, 8).pixels(0)).containsExactly(0, 1, 2, 3, 4, 3, 2, 1);
  }

  @Test
  void aTileMoreIsNotLaid() {
    assertThat(TileAxis.of(100, 100, 10, 1).count()).isEqualTo(1);
    assertThat(TileAxis.of(101, 100, 10, 1).starts()).containsExactly(0, 45);
    assertThat(TileAxis.of(190, 100, 10, 1).starts()).containsExactly(0, 90);
    assertThat(TileAxis.of(191, 100, 10, 1).count()).isEqualTo(3);
  }
}
