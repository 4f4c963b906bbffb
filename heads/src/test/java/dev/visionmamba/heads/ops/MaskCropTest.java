package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * A cropped mask is what each bin's samples say, one by one, in float64; and some crops worked out
 * on paper.
 */
class MaskCropTest {
  private static float[] crop(boolean[] mask, int height, int width, int side, float... box) {
    float[] target = new float[side * side];
    MaskCrop.crop(mask, height, width, box, side, target, 0);
    return target;
  }

  /** A mask in which some columns of four are the object's. */
  private static boolean[] columns(int... object) {
    boolean[] mask = new boolean[16];
    for (int column : object) {
      for (int row = 0; row < 4; row++) {
        mask[4 * row + column] = true;
      }
    }
    return mask;
  }

  @Test
  void pixelByPixelItIsTheMask() {
    boolean[] mask = {true, false, false, false, true, true};
    float[] padded = crop(mask, 2, 3, 3, 0, 0, 3, 3);
    // The row below the mask is more than a pixel's half away: its nearest row is still read.
    assertThat(padded).containsExactly(1, 0, 0, 0, 1, 1, 0, 1, 1);
    assertThat(crop(columns(2, 3), 4, 4, 4, 0, 0, 4, 4))
        .containsExactly(0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1);
  }

  @Test
  void halfABinIsEnough() {
    // Half a pixel to the right, each bin is the mean of two pixels; the last sees the edge alone.
    assertThat(Arrays.copyOf(crop(columns(2, 3), 4, 4, 4, 0.5f, 0, 4.5f, 4), 4))
        .containsExactly(0, 1, 1, 1);
    // A tenth of a pixel less, and the second bin has four tenths of the object.
    assertThat(Arrays.copyOf(crop(columns(2, 3), 4, 4, 4, 0.4f, 0, 4.4f, 4), 4))
        .containsExactly(0, 0, 1, 1);
    // Two bins of two pixels, two samples each; of the first, one is on the object.
    assertThat(crop(columns(1, 2, 3), 4, 4, 2, 0, 0, 4, 4)).containsExactly(1, 1, 1, 1);
    assertThat(crop(columns(2, 3), 4, 4, 2, 0, 0, 4, 4)).containsExactly(0, 1, 0, 1);
    assertThat(crop(columns(0), 4, 4, 1, 0, 0, 4, 4)).containsExactly(0);
    assertThat(crop(columns(0, 3), 4, 4, 1, 0, 0, 4, 4)).containsExactly(1);
  }

  @Test
  void whatLiesOutsideOrIsEmptyShowsNothing() {
    boolean[] all = columns(0, 1, 2, 3);
    assertThat(crop(all, 4, 4, 2, 10, 10, 14, 14)).containsOnly(0);
    assertThat(crop(all, 4, 4, 2, -9, 0, -3, 4)).containsOnly(0);
    assertThat(crop(all, 4, 4, 2, 1, 1, 1, 3)).containsOnly(0);
    assertThat(crop(all, 4, 4, 2, 3, 3, 1, 1)).containsOnly(0);
    assertThat(crop(all, 4, 4, 3, -1e9f, -1e9f, 1e9f, 1e9f)).containsOnly(0);
  }

  @Test
  void goesWhereItIsWanted() {
    float[] target = {7, 7, 7, 7, 7, 7};
    MaskCrop.crop(columns(2, 3), 4, 4, new float[] {0, 0, 4, 4}, 2, target, 1);
    assertThat(target).containsExactly(7, 0, 1, 0, 1, 7);
  }

  @Property(tries = 200)
  void everyBinIsTheMeanOfItsSamples(@ForAll long seed) {
    Random random = new Random(seed);
    int height = 1 + random.nextInt(20);
    int width = 1 + random.nextInt(20);
    int side = 1 + random.nextInt(9);
    boolean[] mask = new boolean[height * width];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = random.nextBoolean();
    }
    float[] box = new float[4];
    box[0] = random.nextFloat() * 24 - 4;
    box[1] = random.nextFloat() * 24 - 4;
    box[2] = box[0] + random.nextFloat() * 20;
    box[3] = box[1] + random.nextFloat() * 20;
    float[] cropped = crop(mask, height, width, side, box);
    int decided = 0;
    for (int p = 0; p < side; p++) {
      for (int q = 0; q < side; q++) {
        double covered = covered(mask, height, width, side, box, p, q);
        if (Math.abs(covered - 0.5) > 1e-4) {
          assertThat(cropped[p * side + q]).as("%d, %d", p, q).isEqualTo(covered > 0.5 ? 1 : 0);
          decided++;
        }
      }
    }
    assertThat(decided).isGreaterThan(side * side / 4);
  }

  /** A bin's mean, sample by sample. */
  private static double covered(
      boolean[] mask, int height, int width, int side, float[] box, int p, int q) {
    double binHeight = ((double) box[3] - box[1]) / side;
    double binWidth = ((double) box[2] - box[0]) / side;
    int rows = (int) Math.ceil(binHeight);
    int columns = (int) Math.ceil(binWidth);
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < columns; k++) {
        double y = box[1] - 0.5 + p * binHeight + (i + 0.5) * binHeight / rows;
        double x = box[0] - 0.5 + q * binWidth + (k + 0.5) * binWidth / columns;
        sum += sample(mask, height, width, y, x);
      }
    }
    return sum / Math.max(1, rows * columns);
  }

  /** Bilinear, 0 from one pixel beyond the mask on, the edge's value before. */
  private static double sample(boolean[] mask, int height, int width, double y, double x) {
    if (y < -1 || y > height || x < -1 || x > width) {
      return 0;
    }
    double row = Math.min(Math.max(y, 0), height - 1);
    double column = Math.min(Math.max(x, 0), width - 1);
    double sum = 0;
    for (int i = 0; i < height; i++) {
      for (int k = 0; k < width; k++) {
        double weight = Math.max(0, 1 - Math.abs(row - i)) * Math.max(0, 1 - Math.abs(column - k));
        sum += mask[i * width + k] ? weight : 0;
      }
    }
    return sum;
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> crop(new boolean[15], 4, 4, 2, 0, 0, 4, 4))
        .withMessage("a mask of 4x4 has 16 pixels, but there are 15");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> crop(new boolean[16], 4, 4, 2, 0, 0, 4))
        .withMessageContaining("four floats, but there are 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> crop(new boolean[16], 4, 4, 2, 0, 0, Float.NaN, 4))
        .withMessageContaining("a region must be finite");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> crop(new boolean[16], 4, 4, 0, 0, 0, 4, 4))
        .withMessageContaining("at least 1 bin along each side, got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                MaskCrop.crop(new boolean[16], 4, 4, new float[] {0, 0, 4, 4}, 2, new float[5], 2))
        .withMessageContaining("4 values from place 2 on do not fit into 5");
  }
}
