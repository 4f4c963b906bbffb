package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

class DropPathTest {

  @Test
  void leavesTheBranchAloneOutsideTrainingAndAtRateZero() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray branch = manager.ones(new Shape(4, 2, 3));
      assertThat(DropPath.apply(branch, 0.9f, false)).isSameAs(branch);
      assertThat(DropPath.apply(branch, 0f, true)).isSameAs(branch);
    }
  }

  @Test
  void dropsWholeSamplesAndScalesTheOthersUp() {
    try (NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(5);
      int samples = 20_000;
      NDArray branch = manager.full(new Shape(samples, 2, 3), 3f);
      NDArray kept = DropPath.apply(branch, 0.25f, true);
      assertThat(kept.getShape()).isEqualTo(branch.getShape());
      float[] values = kept.toFloatArray();
      int dropped = 0;
      for (int i = 0; i < samples; i++) {
        float first = values[6 * i];
        assertThat(first).isIn(0f, 4f);
        for (int j = 1; j < 6; j++) {
          assertThat(values[6 * i + j]).isEqualTo(first);
        }
        dropped += first == 0 ? 1 : 0;
      }
      // Six standard deviations are 0.018.
      assertThat((double) dropped / samples).isCloseTo(0.25, within(0.018));
      assertThat(kept.mean().getFloat()).isCloseTo(3f, within(0.075f));
    }
  }
}
