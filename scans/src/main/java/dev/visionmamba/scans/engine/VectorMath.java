package dev.visionmamba.scans.engine;

import static dev.visionmamba.scans.engine.PlainMath.E1;
import static dev.visionmamba.scans.engine.PlainMath.E2;
import static dev.visionmamba.scans.engine.PlainMath.E3;
import static dev.visionmamba.scans.engine.PlainMath.E4;
import static dev.visionmamba.scans.engine.PlainMath.E5;
import static dev.visionmamba.scans.engine.PlainMath.L1;
import static dev.visionmamba.scans.engine.PlainMath.L2;
import static dev.visionmamba.scans.engine.PlainMath.L3;
import static dev.visionmamba.scans.engine.PlainMath.L4;
import static dev.visionmamba.scans.engine.PlainMath.L5;
import static dev.visionmamba.scans.engine.PlainMath.L6;
import static dev.visionmamba.scans.engine.PlainMath.L7;
import static dev.visionmamba.scans.engine.PlainMath.L8;
import static dev.visionmamba.scans.engine.PlainMath.LEAST_EXPONENT;
import static dev.visionmamba.scans.engine.PlainMath.LEAST_LOG;
import static dev.visionmamba.scans.engine.PlainMath.LOG2E;
import static dev.visionmamba.scans.engine.PlainMath.LOG2E_REST;
import static dev.visionmamba.scans.engine.PlainMath.ROUND;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transcendental functions that a scan needs, over whole arrays, to float32 accuracy. Lengths
 * are multiples of the vector length.
 *
 * <p>No method here or in the kernel takes or gives a vector: where the compiler does not inline
 * such a call, each vector becomes an object, and the code a hundred times slower. What looks like
 * repetition is that. Values are clamped by comparing and blending, or as integers where a NaN is
 * kept elsewhere: both take fewer instructions than the maximum that Java defines.
 */
final class VectorMath {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = SPECIES.vectorShape().withLanes(int.class);
  private static final int LANES = SPECIES.length();

  /** All bits of a float but its sign. */
  private static final int NO_SIGN = 0x7fffffff;

  /** The largest magnitude, whose exponential is still normal; floats of one sign order as ints. */
  private static final int LARGEST_LOG_BITS = Float.floatToRawIntBits(-LEAST_LOG);

  private VectorMath() {}

  /**
   * The sum of the lanes x[from...]. The Vector API's own adds them in one order before it is
   * compiled and in another after, so that a training would not give the same bits twice.
   */
  static float sumOfLanes(float[] x, int from) {
    float sum = 0f;
    for (int i = from; i < from + LANES; i++) {
      sum += x[i];
    }
    return sum;
  }

  /**
   * 1 - exp(-x) for x at least 0, accurate near 0 too.
   *
   * @param out may not be x
   */
  static void oneMinusExpOfMinus(float[] x, float[] out, int length) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_EXPONENT);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector minusLog2e = FloatVector.broadcast(SPECIES, -LOG2E);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int i = 0; i < length; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i).mul(minusLog2e);
      v = v.blend(least, v.compare(LT, least));
      FloatVector rounded = v.add(round);
      FloatVector f = v.sub(rounded.sub(round));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series = e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
      one.sub(scale).sub(series.mul(f.mul(scale))).intoArray(out, i);
    }
  }

  /**
   * log(1 + exp(v)) = max(v, 0) + log1p(exp(-|v|)) of v = x + bias, relatively accurate for very
   * negative v.
   *
   * @param x replaced by the result
   * @param bias added to x
   */
  static void softplus(float[] x, float[] bias, int length) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector l1 = FloatVector.broadcast(SPECIES, L1);
    FloatVector l2 = FloatVector.broadcast(SPECIES, L2);
    FloatVector l3 = FloatVector.broadcast(SPECIES, L3);
    FloatVector l4 = FloatVector.broadcast(SPECIES, L4);
    FloatVector l5 = FloatVector.broadcast(SPECIES, L5);
    FloatVector l6 = FloatVector.broadcast(SPECIES, L6);
    FloatVector l7 = FloatVector.broadcast(SPECIES, L7);
    FloatVector l8 = FloatVector.broadcast(SPECIES, L8);
    IntVector most = IntVector.broadcast(INTS, LARGEST_LOG_BITS);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector minusLog2e = FloatVector.broadcast(SPECIES, -LOG2E);
    FloatVector minusRest = FloatVector.broadcast(SPECIES, -LOG2E_REST);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector v =
          FloatVector.fromArray(SPECIES, x, i).add(FloatVector.fromArray(SPECIES, bias, i));
      FloatVector magnitude = v.reinterpretAsInts().and(NO_SIGN).min(most).reinterpretAsFloats();
      FloatVector rounded = magnitude.fma(minusLog2e, round);
      // The product again without its rounding error, so that the result is exact for large |v|.
      FloatVector f = magnitude.fma(minusRest, magnitude.fma(minusLog2e, round.sub(rounded)));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector e = e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
      FloatVector series = l8.fma(e, l7).fma(e, l6).fma(e, l5); // log1p(e) without e
      series = series.fma(e, l4).fma(e, l3).fma(e, l2).fma(e, l1);
      v.blend(zero, v.compare(LT, zero)).add(series.fma(e.mul(e), e)).intoArray(x, i);
    }
  }

  /**
   * 1 / (1 + exp(-x)).
   *
   * @param out may not be x
   */
  static void sigmoid(float[] x, float[] out, int length) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    IntVector most = IntVector.broadcast(INTS, LARGEST_LOG_BITS);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector minusLog2e = FloatVector.broadcast(SPECIES, -LOG2E);
    FloatVector minusRest = FloatVector.broadcast(SPECIES, -LOG2E_REST);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int i = 0; i < length; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector magnitude = v.reinterpretAsInts().and(NO_SIGN).min(most).reinterpretAsFloats();
      FloatVector rounded = magnitude.fma(minusLog2e, round);
      FloatVector f = magnitude.fma(minusRest, magnitude.fma(minusLog2e, round.sub(rounded)));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector exponential =
          e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
      FloatVector numerator = exponential.blend(one, v.compare(GE, zero));
      numerator.div(exponential.add(one)).intoArray(out, i);
    }
  }

  /** x = x / (1 + exp(-x)). */
  static void silu(float[] x, int length) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    IntVector most = IntVector.broadcast(INTS, LARGEST_LOG_BITS);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector minusLog2e = FloatVector.broadcast(SPECIES, -LOG2E);
    FloatVector minusRest = FloatVector.broadcast(SPECIES, -LOG2E_REST);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int i = 0; i < length; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector magnitude = v.reinterpretAsInts().and(NO_SIGN).min(most).reinterpretAsFloats();
      FloatVector rounded = magnitude.fma(minusLog2e, round);
      FloatVector f = magnitude.fma(minusRest, magnitude.fma(minusLog2e, round.sub(rounded)));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector exponential =
          e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
      FloatVector numerator = exponential.blend(one, v.compare(GE, zero));
      v.mul(numerator).div(exponential.add(one)).intoArray(x, i);
    }
  }

  /**
   * out[t] = SiLU(bias + sum over k of weight[k] x[t + k]).
   *
   * @param x [rows + taps - 1][stride]
   * @param weight [taps][stride]
   * @param out [rows][stride]
   */
  static void convolve(
      float[] x, float[] weight, float[] bias, int taps, float[] out, int rows, int stride) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    IntVector most = IntVector.broadcast(INTS, LARGEST_LOG_BITS);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector minusLog2e = FloatVector.broadcast(SPECIES, -LOG2E);
    FloatVector minusRest = FloatVector.broadcast(SPECIES, -LOG2E_REST);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int column = 0; column < stride; column += LANES) {
      FloatVector shift = FloatVector.fromArray(SPECIES, bias, column);
      for (int t = 0, i = column; t < rows; t++, i += stride) {
        FloatVector v = shift;
        for (int k = 0, from = i, w = column; k < taps; k++, from += stride, w += stride) {
          v =
              FloatVector.fromArray(SPECIES, x, from)
                  .fma(FloatVector.fromArray(SPECIES, weight, w), v);
        }
        FloatVector magnitude = v.reinterpretAsInts().and(NO_SIGN).min(most).reinterpretAsFloats();
        FloatVector rounded = magnitude.fma(minusLog2e, round);
        FloatVector f = magnitude.fma(minusRest, magnitude.fma(minusLog2e, round.sub(rounded)));
        FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector exponential =
            e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
        FloatVector numerator = exponential.blend(one, v.compare(GE, zero));
        v.mul(numerator).div(exponential.add(one)).intoArray(out, i);
      }
    }
  }
}
