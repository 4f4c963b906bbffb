package dev.visionmamba.tasks.image;

/** The kernels that {@link Resampler} weighs neighbouring pixels with; PIL's of the same names. */
public enum Interpolation {
  /** A triangle, 1 pixel to each side. */
  BILINEAR(1) {
    @Override
    double weight(double distance) {
      double x = Math.abs(distance);
      return x < 1 ? 1 - x : 0;
    }
  },

  /** Keys' cubic convolution with a = -0.5, 2 pixels to each side. */
  BICUBIC(2) {
    @Override
    double weight(double distance) {
      double x = Math.abs(distance);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  };

  private static final double A = -0.5;

  private final int support;

  Interpolation(int support) {
    this.support = support;
  }

  /** How far the kernel reaches to each side, in pixels. */
  int support() {
    return support;
  }

  /** The kernel's value at a distance in pixels. */
  abstract double weight(double distance);
}
