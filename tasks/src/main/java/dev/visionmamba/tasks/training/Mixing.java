package dev.visionmamba.tasks.training;

import java.util.SplittableRandom;

/**
 * Mixes the pictures of a batch in pairs, the first with the last and so on, and their targets
 * likewise, as timm does it by batch: mixup blends them (Zhang et al. 2018, arXiv:1710.09412),
 * cutmix exchanges a box (Yun et al. 2019, arXiv:1905.04899). The share of each comes from the
 * distribution Beta(alpha, alpha).
 *
 * @param mixup alpha of mixup; 0 (never) to 1
 * @param cutmix alpha of cutmix; 0 (never) to 1; where both are above 0, each has half of the
 *     batches
 */
public record Mixing(float mixup, float cutmix) {

  /** No mixing. */
  public static final Mixing NONE = new Mixing(0, 0);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming what is out of range
   */
  public Mixing {
    Ranges.require(mixup >= 0 && mixup <= 1, "alpha of mixup", mixup);
    Ranges.require(cutmix >= 0 && cutmix <= 1, "alpha of cutmix", cutmix);
  }

  /** Whether pictures are mixed at all. */
  boolean isOn() {
    return mixup > 0 || cutmix > 0;
  }

  /**
   * What is drawn for a batch of pictures of a size.
   *
   * @param own each picture's own share, 0 to 1
   * @param top the first row that is exchanged; the box is empty where pictures are blended
   */
  record Draw(float own, boolean blend, int top, int bottom, int left, int right) {}

  Draw draw(int height, int width, SplittableRandom random) {
    boolean blend = cutmix == 0 || (mixup > 0 && random.nextBoolean());
    double own = beta(blend ? mixup : cutmix, random);
    if (blend) {
      return new Draw((float) own, true, 0, 0, 0, 0);
    }
    double side = Math.sqrt(1 - own);
    int halfHeight = (int) (height * side) / 2;
    int halfWidth = (int) (width * side) / 2;
    int y = random.nextInt(height);
    int x = random.nextInt(width);
    int top = Math.max(0, y - halfHeight);
    int bottom = Math.min(height, y + halfHeight);
    int left = Math.max(0, x - halfWidth);
    int right = Math.min(width, x + halfWidth);
    double cut = (double) (bottom - top) * (right - left) / ((double) height * width);
    return new Draw((float) (1 - cut), false, top, bottom, left, right);
  }

  /** Beta(alpha, alpha) for alpha up to 1, by Jöhnk's method. */
  private static double beta(double alpha, SplittableRandom random) {
    while (true) {
      double x = Math.pow(random.nextDouble(), 1 / alpha);
      double y = Math.pow(random.nextDouble(), 1 / alpha);
      if (x + y > 0 && x + y <= 1) {
        return x / (x + y);
      }
    }
  }

  /**
   * Mixes pictures in place.
   *
   * @param pictures (count, channels, height, width); what follows them is not touched
   */
  static void apply(Draw draw, float[] pictures, int count, int channels, int height, int width) {
    int length = channels * height * width;
    for (int i = 0; i < count / 2; i++) {
      int one = i * length;
      int other = (count - 1 - i) * length;
      if (draw.blend) {
        for (int k = 0; k < length; k++) {
          float a = pictures[one + k];
          float b = pictures[other + k];
          pictures[one + k] = draw.own * a + (1 - draw.own) * b;
          pictures[other + k] = draw.own * b + (1 - draw.own) * a;
        }
        continue;
      }
      for (int c = 0; c < channels; c++) {
        for (int y = draw.top; y < draw.bottom; y++) {
          for (int x = draw.left; x < draw.right; x++) {
            int at = (c * height + y) * width + x;
            float a = pictures[one + at];
            pictures[one + at] = pictures[other + at];
            pictures[other + at] = a;
          }
        }
      }
    }
  }

  /** The targets of mixed pictures: (count, classes), a share a class. */
  static float[] targets(Draw draw, long[] labels, int classes) {
    float[] targets = new float[labels.length * classes];
    for (int i = 0; i < labels.length; i++) {
      targets[i * classes + (int) labels[i]] += draw.own;
      targets[i * classes + (int) labels[labels.length - 1 - i]] += 1 - draw.own;
    }
    return targets;
  }
}
