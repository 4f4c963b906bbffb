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
import static dev.visionmamba.scans.engine.PlainMath.LEAST_LOG;
import static dev.visionmamba.scans.engine.PlainMath.LOG2E;
import static dev.visionmamba.scans.engine.PlainMath.LOG2E_REST;
import static dev.visionmamba.scans.engine.PlainMath.ROUND;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transcendental functions that a scan needs, over whole arrays, to float32 accuracy. Lengths
 * are multiples of the vector length.
 *
 * <p>No method here or in the kernel takes or gives a vector: where the compiler does not inline
 * such a call, each vector becomes an object, and the code a hundred times slower. What looks like
 * repetition is that. Values are clamped by comparing and blending, which keeps a NaN and takes
 * fewer instructions than the maximum that Java defines.
 */
final class VectorMath {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private VectorMath() {}

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
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
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
      FloatVector series = e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
      one.sub(scale).sub(series.mul(f.mul(scale))).intoArray(out, i);
    }
  }

  /**
   * log(1 + exp(v)) = max(v, 0) + log1p(exp(-|v|)) of v = x + bias, relatively accurate for very
   * negative v.
   *
   * @param x replaced by the result, [row][stride]
   * @param bias added to every row
   */
  static void softplus(float[] x, float[] bias, int rows, int stride) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector l1 = FloatVector.broadcast(SPECIES, L1);
    FloatVector l2 = FloatVector.broadcast(SPECIES, L2);
    FloatVector l3 = FloatVector.broadcast(SPECIES, L3);
    FloatVector l4 = FloatVector.broadcast(SPECIES, L4);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_LOG);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector log2e = FloatVector.broadcast(SPECIES, LOG2E);
    FloatVector log2eRest = FloatVector.broadcast(SPECIES, LOG2E_REST);
    FloatVector two = FloatVector.broadcast(SPECIES, 2f);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int column = 0; column < stride; column += LANES) {
      FloatVector shift = FloatVector.fromArray(SPECIES, bias, column);
      for (int row = 0, i = column; row < rows; row++, i += stride) {
        FloatVector v = FloatVector.fromArray(SPECIES, x, i).add(shift);
        FloatVector negative = v.abs().neg();
        negative = negative.blend(least, negative.compare(LT, least));
        FloatVector rounded = negative.fma(log2e, round);
        FloatVector f = negative.fma(log2eRest, negative.fma(log2e, round.sub(rounded)));
        FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector exponential =
            e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
        // log1p(e) = 2 atanh(s), s = e / (2 + e) in 0..1/3.
        FloatVector s = exponential.div(exponential.add(two));
        FloatVector w = s.mul(s);
        FloatVector twoS = s.add(s);
        FloatVector series = l4.fma(w, l3).fma(w, l2).fma(w, l1).mul(w); // atanh(s) / s - 1
        v.blend(zero, v.compare(LT, zero)).add(series.fma(twoS, twoS)).intoArray(x, i);
      }
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
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_LOG);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector log2e = FloatVector.broadcast(SPECIES, LOG2E);
    FloatVector log2eRest = FloatVector.broadcast(SPECIES, LOG2E_REST);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int i = 0; i < length; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector negative = v.abs().neg();
      negative = negative.blend(least, negative.compare(LT, least));
      FloatVector rounded = negative.fma(log2e, round);
      // The product again without its rounding error, so that the result is exact for large |x|.
      FloatVector f = negative.fma(log2eRest, negative.fma(log2e, round.sub(rounded)));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector exponential =
          e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
      FloatVector numerator = exponential.blend(one, v.compare(GE, zero));
      numerator.div(exponential.add(one)).intoArray(out, i);
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
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_LOG);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector log2e = FloatVector.broadcast(SPECIES, LOG2E);
    FloatVector log2eRest = FloatVector.broadcast(SPECIES, LOG2E_REST);
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
        FloatVector negative = v.abs().neg();
        negative = negative.blend(least, negative.compare(LT, least));
        FloatVector rounded = negative.fma(log2e, round);
        FloatVector f = negative.fma(log2eRest, negative.fma(log2e, round.sub(rounded)));
        FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector exponential =
            e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1).fma(f.mul(scale), scale);
        FloatVector numerator = exponential.blend(one, v.compare(GE, zero));
        v.mul(numerator).div(exponential.add(one)).intoArray(out, i);
      }
    }
  }
}
