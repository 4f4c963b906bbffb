package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A pasted mask is the bilinear sample at every pixel's centre, in float64. */
class MaskPasteTest {
  private static final int HEIGHT = 23;
  private static final int WIDTH = 31;

  @Property(tries = 200)
  void isTheBilinearSampleAtEveryPixel(@ForAll long seed) {
    Random random = new Random(seed);
    int side = 1 + random.nextInt(28);
    float[] mask = new float[side * side];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = random.nextFloat();
    }
    float[] box = new float[4];
    box[0] = random.nextFloat() * 50 - 15;
    box[1] = random.nextFloat() * 50 - 15;
    box[2] = box[0] + 0.5f + random.nextFloat() * 40;
    box[3] = box[1] + 0.5f + random.nextFloat() * 40;
    float[] values = MaskPaste.values(mask, side, box, HEIGHT, WIDTH);
    boolean[] covered = MaskPaste.covered(mask, side, box, HEIGHT, WIDTH, 0.5f);
    assertThat(values).hasSize(HEIGHT * WIDTH);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        double expected = isNear(box, y, x) ? sample(mask, side, box, y, x) : 0;
        float value = values[y * WIDTH + x];
        assertThat(Math.abs(value - expected)).as("%d, %d", y, x).isLessThan(2e-4);
        assertThat(covered[y * WIDTH + x]).isEqualTo(value >= 0.5f);
      }
    }
  }

  /** The reference looks one pixel around the box. */
  private static boolean isNear(float[] box, int y, int x) {
    return x >= Math.floor(box[0]) - 1
        && x < Math.ceil(box[2]) + 1
        && y >= Math.floor(box[1]) - 1
        && y < Math.ceil(box[3]) + 1;
  }

  private static double sample(float[] mask, int side, float[] box, int y, int x) {
    double row = (y + 0.5 - box[1]) / ((double) box[3] - box[1]) * side - 0.5;
    double column = (x + 0.5 - box[0]) / ((double) box[2] - box[0]) * side - 0.5;
    double sum = 0;
    for (int i = 0; i < side; i++) {
      for (int k = 0; k < side; k++) {
        sum +=
            mask[i * side + k]
                * Math.max(0, 1 - Math.abs(row - i))
                * Math.max(0, 1 - Math.abs(column - k));
      }
    }
    return sum;
  }

  @Test
  void aFullMaskCoversItsBox() {
    float[] mask = new float[28 * 28];
    Arrays.fill(mask, 1);
    boolean[] covered = MaskPaste.covered(mask, 28, new float[] {2, 3, 6, 8}, 10, 12, 0.5f);
    for (int i = 0; i < covered.length; i++) {
      int y = i / 12;
      int x = i % 12;
      assertThat(covered[i]).as("%d, %d", y, x).isEqualTo(x >= 2 && x < 6 && y >= 3 && y < 8);
    }
  }

  @Test
  void aBoxFarLargerThanTheImageCoversIt() {
    float[] box = {-1e10f, -1e10f, 1e10f, 1e10f};
    boolean[] covered = MaskPaste.covered(new float[] {1, 1, 1, 1}, 2, box, HEIGHT, WIDTH, 0.5f);
    assertThat(covered).hasSize(HEIGHT * WIDTH).containsOnly(true);
  }

  @Test
  void boxesWithoutAreaOrOutsideCoverNothing() {
    float[] mask = new float[4];
    Arrays.fill(mask, 1);
    float[][] boxes = {
      {3, 3, 3, 8}, {3, 3, 8, 3}, {8, 8, 3, 3}, {40, 40, 50, 50}, {-9, -9, -4, -4}
    };
    for (float[] box : boxes) {
      assertThat(MaskPaste.values(mask, 2, box, 10, 12)).containsOnly(0);
      assertThat(MaskPaste.covered(mask, 2, box, 10, 12, 0.5f)).containsOnly(false);
    }
  }

  @Test
  void aThresholdOfNothingCoversTheImage() {
    assertThat(MaskPaste.covered(new float[4], 2, new float[] {1, 1, 3, 3}, 5, 5, 0f))
        .containsOnly(true);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaskPaste.values(new float[5], 2, new float[4], 5, 5))
        .withMessageContaining("there are 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaskPaste.values(new float[4], 2, new float[3], 5, 5))
        .withMessageContaining("there are 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaskPaste.values(new float[4], 2, new float[] {0, 0, 0f / 0, 1}, 5, 5))
        .withMessageContaining("[2] is NaN");
  }
}
