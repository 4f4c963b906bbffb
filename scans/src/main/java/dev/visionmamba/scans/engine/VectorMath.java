package dev.visionmamba.scans.engine;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The transcendental functions that a scan needs, a vector at a time, to float32 accuracy. */
final class VectorMath {
  static final float LOG2E = 1.442695040888963f;
  static final float LN2 = 0.6931471805599453f;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Adding 1.5 * 2^23 rounds to an integer, which then lies in the low bits of the sum. */
  private static final float ROUND = 12582912f;

  private static final int ONE_BITS = 0x3f800000;

  /** Below this power of two a decay is zero to every purpose, and above it still normal. */
  private static final float LEAST_EXPONENT = -126f;

  private VectorMath() {}

  /**
   * exp(delta A) - 1 for delta A at most 0, accurate near 0 too, where a long memory lives.
   *
   * @param delta at least 0
   * @param logDecay A * log2(e)
   * @return in -1..0
   */
  static FloatVector decayMinusOne(FloatVector delta, FloatVector logDecay) {
    return powerOfTwoMinusOne(delta.mul(logDecay).max(LEAST_EXPONENT));
  }

  /** 2^x - 1 for x in -126..0: 2^n (2^f - 1) + (2^n - 1), n the integer nearest x, f = x - n. */
  private static FloatVector powerOfTwoMinusOne(FloatVector x) {
    FloatVector rounded = x.add(ROUND);
    FloatVector f = x.sub(rounded.sub(ROUND));
    FloatVector scale = scale(rounded);
    return fraction(f).fma(scale, scale.sub(1f));
  }

  /** 2^n from n + ROUND. */
  private static FloatVector scale(FloatVector rounded) {
    return rounded.reinterpretAsInts().lanewise(LSHL, 23).add(ONE_BITS).reinterpretAsFloats();
  }

  /** 2^f - 1 for f in -0.5..0.5: a Chebyshev fit, relative error 1.3e-8. */
  private static FloatVector fraction(FloatVector f) {
    return constant(1.54614475e-4f)
        .fma(f, constant(1.33908674e-3f))
        .fma(f, constant(9.61805667e-3f))
        .fma(f, constant(5.55035710e-2f))
        .fma(f, constant(2.40226509e-1f))
        .fma(f, constant(6.93147188e-1f))
        .mul(f);
  }

  /** exp(x) for x at most 0; underflows to 2^-126. */
  static FloatVector expOfNegative(FloatVector x) {
    FloatVector log2 = x.mul(LOG2E);
    FloatVector rounded = log2.max(LEAST_EXPONENT).add(ROUND);
    FloatVector n = rounded.sub(ROUND);
    // The product again, with the rounding error that fma sees, so that large |x| stay exact.
    FloatVector f = x.fma(constant(LOG2E), n.neg()).add(x.mul(1.925963033500e-8f));
    f = f.max(-0.5f);
    FloatVector scale = scale(rounded);
    return fraction(f).fma(scale, scale);
  }

  /** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)), relatively accurate for very negative x. */
  static FloatVector softplus(FloatVector x) {
    FloatVector e = expOfNegative(x.abs().neg());
    // log1p(e) = 2 atanh(s), s = e / (2 + e) in 0..1/3: a Chebyshev fit, relative error 4e-9.
    FloatVector s = e.div(e.add(2f));
    FloatVector w = s.mul(s);
    FloatVector series =
        constant(0.14087329f)
            .fma(w, constant(0.13980709f))
            .fma(w, constant(0.20012427f))
            .fma(w, constant(0.33333158f))
            .fma(w, constant(1f));
    return x.max(0f).add(s.add(s).mul(series));
  }

  /** 1 / (1 + exp(-x)). */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = expOfNegative(x.abs().neg());
    VectorMask<Float> positive = x.compare(GE, 0f);
    return e.blend(1f, positive).div(e.add(1f));
  }

  private static FloatVector constant(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }
}
