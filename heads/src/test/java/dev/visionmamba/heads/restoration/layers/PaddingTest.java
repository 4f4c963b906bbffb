package dev.visionmamba.heads.restoration.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaddingTest {

  @ParameterizedTest
  @CsvSource({"4, 5, 4, 5", "4, 5, 7, 9", "4, 5, 5, 5", "4, 5, 4, 8", "3, 1, 5, 1"})
  void pixelsAreMirrored(int height, int width, int tall, int wide) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray images = manager.arange(2f * 3 * height * width).reshape(2, 3, height, width);
      NDArray reflected = Padding.reflect(images, tall, wide);
      NDArray repeated = Padding.symmetric(images, tall, wide);
      for (int i = 0; i < 6; i++) {
        for (int y = 0; y < tall; y++) {
          for (int x = 0; x < wide; x++) {
            int down = y < height ? y : 2 * height - 2 - y;
            int across = x < width ? x : 2 * width - 2 - x;
            assertThat(reflected.getFloat(i / 3, i % 3, y, x))
                .isEqualTo((i * height + down) * width + across);
            int downAgain = y < height ? y : 2 * height - 1 - y;
            int acrossAgain = x < width ? x : 2 * width - 1 - x;
            assertThat(repeated.getFloat(i / 3, i % 3, y, x))
                .isEqualTo((i * height + downAgain) * width + acrossAgain);
          }
        }
      }
      assertThat(reflected == images).isEqualTo(tall == height && wide == width);
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 5, 1", "4, 10, 1", "3, 5, 1", "4, 4, 1", "9, 5, 0", "4, 11, 0"})
  void thereMustBeEnoughToMirror(int tall, int wide, int skipped) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray images = manager.arange(20f).reshape(1, 1, 4, 5);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> {
                if (skipped == 1) {
                  Padding.reflect(images, tall, wide);
                } else {
                  Padding.symmetric(images, tall, wide);
                }
              })
          .withMessageContaining(tall + "x" + wide);
    }
  }
}
