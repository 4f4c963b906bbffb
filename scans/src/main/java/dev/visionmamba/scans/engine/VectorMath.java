package dev.visionmamba.scans.engine;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transcendental functions that a scan needs, over whole arrays, to float32 accuracy. Lengths
 * are multiples of the vector length.
 *
 * <p>No method here or in the kernel takes or gives a vector: where the compiler does not inline
 * such a call, each vector becomes an object, and the code a hundred times slower. What looks like
 * repetition is that.
 */
final class VectorMath {
  static final float LOG2E = 1.442695040888963f;
  static final float LN2 = 0.6931471805599453f;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  /** Adding 1.5 * 2^23 rounds to an integer, which then lies in the low bits of the sum. */
  private static final float ROUND = 12582912f;

  private static final int ONE_BITS = 0x3f800000;

  /** Below this power of two a decay is zero to every purpose, and above it still normal. */
  private static final float LEAST_EXPONENT = -126f;

  /** What rounding log2(e) to float32 leaves of it. */
  private static final float LOG2E_REST = 1.925963033500e-8f;

  // (2^f - 1) / f for f in -0.5..0.5: a Chebyshev fit, relative error 1.3e-8.
  private static final float E1 = 6.93147188e-1f;
  private static final float E2 = 2.40226509e-1f;
  private static final float E3 = 5.55035710e-2f;
  private static final float E4 = 9.61805667e-3f;
  private static final float E5 = 1.33908674e-3f;
  private static final float E6 = 1.54614475e-4f;

  private VectorMath() {}

  /**
   * exp(delta A) - 1 of every step and state, accurate near 0 too, where a long memory lives: 2^x -
   * 1 = 2^n (2^f - 1) + (2^n - 1), n the integer nearest x = delta A log2(e), f = x - n.
   *
   * @param tile with delta; its decays are filled, in -1..0
   * @param lanes which of its channels, with A log2(e), at most 0
   */
  static void decaysMinusOne(ScanTile tile, ScanLanes lanes) {
    float[] logDecay = lanes.logDecay;
    float[] out = tile.decayMinusOne;
    int states = tile.states;
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    for (int t = 0, at = 0; t < tile.steps; t++) {
      FloatVector step = FloatVector.fromArray(SPECIES, tile.delta, t * tile.stride + lanes.offset);
      for (int n = 0; n < states; n++, at += LANES) {
        FloatVector x =
            step.mul(FloatVector.fromArray(SPECIES, logDecay, n * LANES)).max(LEAST_EXPONENT);
        FloatVector rounded = x.add(ROUND);
        FloatVector f = x.sub(rounded.sub(ROUND));
        FloatVector scale =
            rounded.reinterpretAsInts().lanewise(LSHL, 23).add(ONE_BITS).reinterpretAsFloats();
        FloatVector fraction =
            e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).mul(f); // 2^f - 1
        fraction.fma(scale, scale.sub(1f)).intoArray(out, at);
      }
    }
  }

  /**
   * exp(-|x|), underflowing to 2^-126.
   *
   * @param out may not be x
   */
  private static void expOfMinusMagnitude(float[] x, float[] out, int length) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector log2e = FloatVector.broadcast(SPECIES, LOG2E);
    for (int i = 0; i < length; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).abs().neg();
      FloatVector rounded = v.mul(log2e).max(LEAST_EXPONENT).add(ROUND);
      FloatVector n = rounded.sub(ROUND);
      // The product again without its rounding error, so that the result is exact for large |x|.
      FloatVector f = v.fma(log2e, n.neg()).add(v.mul(LOG2E_REST)).max(-0.5f);
      FloatVector scale =
          rounded.reinterpretAsInts().lanewise(LSHL, 23).add(ONE_BITS).reinterpretAsFloats();
      FloatVector fraction = e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).mul(f);
      fraction.fma(scale, scale).intoArray(out, i);
    }
  }

  /**
   * log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)), relatively accurate for very negative x.
   *
   * @param x replaced by the result
   * @param scratch at least as long
   */
  static void softplus(float[] x, float[] scratch, int length) {
    expOfMinusMagnitude(x, scratch, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector e = FloatVector.fromArray(SPECIES, scratch, i);
      // log1p(e) = 2 atanh(s), s = e / (2 + e) in 0..1/3: a Chebyshev fit, relative error 4e-9.
      FloatVector s = e.div(e.add(2f));
      FloatVector w = s.mul(s);
      FloatVector series =
          w.mul(0.14087329f)
              .add(0.13980709f)
              .mul(w)
              .add(0.20012427f)
              .mul(w)
              .add(0.33333158f)
              .mul(w)
              .add(1f);
      FloatVector.fromArray(SPECIES, x, i).max(0f).add(s.add(s).mul(series)).intoArray(x, i);
    }
  }

  /**
   * 1 / (1 + exp(-x)).
   *
   * @param out may not be x
   */
  static void sigmoid(float[] x, float[] out, int length) {
    expOfMinusMagnitude(x, out, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector e = FloatVector.fromArray(SPECIES, out, i);
      FloatVector numerator =
          e.blend(1f, FloatVector.fromArray(SPECIES, x, i).compare(GE, 0f)); // e or 1
      numerator.div(e.add(1f)).intoArray(out, i);
    }
  }
}
