package dev.visionmamba.scans.engine;

import static dev.visionmamba.scans.engine.PlainMath.E1;
import static dev.visionmamba.scans.engine.PlainMath.E2;
import static dev.visionmamba.scans.engine.PlainMath.E3;
import static dev.visionmamba.scans.engine.PlainMath.E4;
import static dev.visionmamba.scans.engine.PlainMath.E5;
import static dev.visionmamba.scans.engine.PlainMath.E6;
import static dev.visionmamba.scans.engine.PlainMath.L1;
import static dev.visionmamba.scans.engine.PlainMath.L2;
import static dev.visionmamba.scans.engine.PlainMath.L3;
import static dev.visionmamba.scans.engine.PlainMath.L4;
import static dev.visionmamba.scans.engine.PlainMath.LEAST_EXPONENT;
import static dev.visionmamba.scans.engine.PlainMath.LOG2E;
import static dev.visionmamba.scans.engine.PlainMath.LOG2E_REST;
import static dev.visionmamba.scans.engine.PlainMath.ONE_BITS;
import static dev.visionmamba.scans.engine.PlainMath.ROUND;
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
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

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
      // log1p(e) = 2 atanh(s), s = e / (2 + e) in 0..1/3.
      FloatVector s = e.div(e.add(2f));
      FloatVector w = s.mul(s);
      FloatVector series = w.mul(L4).add(L3).mul(w).add(L2).mul(w).add(L1).mul(w).add(1f);
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
