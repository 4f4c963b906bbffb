package dev.visionmamba.backbones;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.vmamba.VMamba;
import dev.visionmamba.backbones.vmamba.VMambaConfig;
import dev.visionmamba.scans.ScanStrategies;
import org.junit.jupiter.api.Test;

class EffectiveReceptiveFieldTest {

  /** Three convolutions of 3x3 with stride 2 see 3, 7 and 15 pixels. */
  @Test
  void convolutionsSeeWhatTheirKernelsCover() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      manager.getEngine().setRandomSeed(1);
      OwnBackbone backbone = new OwnBackbone(8);
      backbone.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 48));
      NDArray images = manager.randomUniform(0, 1, new Shape(4, 3, 64, 48));
      int before = manager.getManagedArrays().size();
      int[] seen = {3, 7, 15};
      for (int level = 0; level < 3; level++) {
        EffectiveReceptiveField field = EffectiveReceptiveField.of(backbone, images, level);
        // The middle of step 64 / s / 2 = 32 / s lies at pixel 32, which is its kernel's second.
        int first = 32 - seen[level] / 2;
        float[] contributions = field.contributions();
        assertThat(contributions).hasSize(64 * 48);
        double inside = 0;
        for (int i = 0; i < contributions.length; i++) {
          int row = i / 48 - first;
          int column = i % 48 - first + 8;
          boolean covered = row >= 0 && row < seen[level] && column >= 0 && column < seen[level];
          if (!covered) {
            assertThat(contributions[i]).as("pixel %d of level %d", i, level).isZero();
          }
          inside += contributions[i];
        }
        assertThat(inside).isPositive();
        assertThat(field.share(0)).isZero();
        assertThat(field.share(2 << level)).isBetween(0.05, 0.999);
        assertThat(field.share(64)).isCloseTo(1, within(1e-9));
      }
      // Gradients of the images alone: nothing is left behind.
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
  }

  /** Row by row the scan has seen all pixels above, along the columns too those on the left. */
  @Test
  void aCrossScanSeesEverything() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      manager.getEngine().setRandomSeed(2);
      NDArray images = manager.randomNormal(new Shape(1, 3, 64, 64));
      float[] cross = firstStage(manager, VMambaConfig.MICRO, images);
      float[] raster =
          firstStage(manager, VMambaConfig.MICRO.withScan(ScanStrategies.RASTER), images);
      int belowMiddle = 0;
      for (int i = 45 * 64; i < 64 * 64; i++) {
        belowMiddle += raster[i] == 0 ? 0 : 1;
      }
      assertThat(belowMiddle).isZero();
      int seen = 0;
      for (float contribution : cross) {
        seen += contribution > 0 ? 1 : 0;
      }
      assertThat(seen).isGreaterThan(64 * 64 / 2);
    }
  }

  private static float[] firstStage(NDManager manager, VMambaConfig config, NDArray images) {
    VMamba backbone = new VMamba(config);
    backbone.initialize(manager, DataType.FLOAT32, images.getShape());
    backbone.freezeParameters(true);
    return EffectiveReceptiveField.of(backbone, images, 0).contributions();
  }

  @Test
  void theLevelMustExist() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      OwnBackbone backbone = new OwnBackbone(8);
      NDArray images = manager.zeros(new Shape(1, 3, 64, 64));
      assertThatThrownBy(() -> EffectiveReceptiveField.of(backbone, images, 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("0 to 2, got 3");
    }
  }
}
