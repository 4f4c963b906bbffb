package dev.visionmamba.scans.engine;

/**
 * The transcendental functions that a scan needs, one number at a time, to float32 accuracy and
 * many times faster than {@link Math}'s in double. {@link VectorMath} computes the same.
 */
final class PlainMath {
  static final float LOG2E = 1.442695040888963f;
  static final float LN2 = 0.6931471805599453f;

  /** What rounding log2(e) to float32 leaves of it. */
  static final float LOG2E_REST = 1.925963033500e-8f;

  /**
   * Adding 1.5 * 2^23 rounds to an integer, which then lies in the low bits of the sum; with the
   * bias of float32's exponents it need only be shifted to become a power of two.
   */
  static final float ROUND = 12582912f + 127f;

  /** Below this power of two a decay is zero to every purpose, and above it still normal. */
  static final float LEAST_EXPONENT = -126f;

  /** The same as a power of e. */
  static final float LEAST_LOG = -87.33f;

  /** Above this power of two a factor is no number any more. */
  static final float LARGEST_EXPONENT = 127f;

  // (2^f - 1) / f for f in -0.5..0.5 by Remez' algorithm: relative error 4.7e-7, so that 2^f is off
  // by 1.7e-7 at most, and by less the nearer it is to 1.
  static final float E1 = 6.931471229e-1f;
  static final float E2 = 2.402235121e-1f;
  static final float E3 = 5.550500378e-2f;
  static final float E4 = 9.666245431e-3f;
  static final float E5 = 1.333353925e-3f;

  // (log(1 + e) - e) / e^2 for e in 0..1 by Remez' algorithm: log(1 + e) to 7.1e-8 of itself.
  static final float L1 = -0.4999964833f;
  static final float L2 = 0.3332132399f;
  static final float L3 = -0.2485716343f;
  static final float L4 = 0.1915365607f;
  static final float L5 = -0.1375380307f;
  static final float L6 = 0.07920455188f;
  static final float L7 = -0.03006580099f;
  static final float L8 = 0.005364826415f;

  private PlainMath() {}

  /** exp(-|x|), underflowing to 2^-126: 2^n 2^f, n the integer nearest -|x| log2(e), f the rest. */
  private static float expOfMinusMagnitude(float x) {
    float v = Math.max(-Math.abs(x), LEAST_LOG);
    float rounded = v * LOG2E + ROUND;
    // The product again without its rounding error, so that the result is exact for large |x|.
    float f = Math.fma(v, LOG2E, ROUND - rounded) + v * LOG2E_REST;
    float scale = Float.intBitsToFloat(Float.floatToRawIntBits(rounded) << 23);
    float fraction = f * (E1 + f * (E2 + f * (E3 + f * (E4 + f * E5))));
    return scale + fraction * scale;
  }

  /** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)), relatively accurate for very negative x. */
  static float softplus(float x) {
    float e = expOfMinusMagnitude(x);
    float series = L6 + e * (L7 + e * L8);
    series = L1 + e * (L2 + e * (L3 + e * (L4 + e * (L5 + e * series))));
    return Math.max(x, 0f) + (e + e * e * series);
  }

  /** 1 / (1 + exp(-x)). */
  static float sigmoid(float x) {
    float e = expOfMinusMagnitude(x);
    return (x >= 0f ? 1f : e) / (1f + e);
  }

  /** 1 - exp(-x) for x at least 0. */
  static float oneMinusExpOfMinus(float x) {
    float exponent = Math.max(x * -LOG2E, LEAST_EXPONENT);
    float rounded = exponent + ROUND;
    float f = exponent - (rounded - ROUND);
    float scale = Float.intBitsToFloat(Float.floatToRawIntBits(rounded) << 23);
    return 1f - scale - f * (E1 + f * (E2 + f * (E3 + f * (E4 + f * E5)))) * scale;
  }
}
