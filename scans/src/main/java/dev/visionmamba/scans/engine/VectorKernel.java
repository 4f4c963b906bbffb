package dev.visionmamba.scans.engine;

import static dev.visionmamba.scans.engine.PlainMath.E1;
import static dev.visionmamba.scans.engine.PlainMath.E2;
import static dev.visionmamba.scans.engine.PlainMath.E3;
import static dev.visionmamba.scans.engine.PlainMath.E4;
import static dev.visionmamba.scans.engine.PlainMath.E5;
import static dev.visionmamba.scans.engine.PlainMath.LARGEST_EXPONENT;
import static dev.visionmamba.scans.engine.PlainMath.LEAST_EXPONENT;
import static dev.visionmamba.scans.engine.PlainMath.LN2;
import static dev.visionmamba.scans.engine.PlainMath.ROUND;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops with the JDK's Vector API: a vector holds neighbouring channels, so no lane waits
 * for another.
 *
 * <p>A decay is computed as m = exp(delta A) - 1, accurate near 0 too, where a long memory lives:
 * 2^x - 1 = 2^n (2^f - 1) + (2^n - 1), n the integer nearest x = delta A log2(e), f = x - n. Then h
 * = h + m h + delta u B.
 */
final class VectorKernel implements ScanKernel {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  /** AVX-512 has twice the vector registers of AVX2, enough for four states and the constants. */
  private static final boolean MANY_REGISTERS = SPECIES.vectorBitSize() >= 512;

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void softplus(float[] x, float[] bias, int length) {
    VectorMath.softplus(x, bias, length);
  }

  @Override
  public void sigmoid(float[] x, float[] out, int length) {
    VectorMath.sigmoid(x, out, length);
  }

  @Override
  public void silu(float[] x, int length) {
    VectorMath.silu(x, length);
  }

  @Override
  public void oneMinusExpOfMinus(float[] x, float[] out, int length) {
    VectorMath.oneMinusExpOfMinus(x, out, length);
  }

  @Override
  public void convolve(
      float[] x, float[] weight, float[] bias, int taps, float[] out, int rows, int stride) {
    VectorMath.convolve(x, weight, bias, taps, out, rows, stride);
  }

  @Override
  public void convolve(
      float[][] rows, float[] weight, float[] bias, float[] out, int width, int stride) {
    VectorConvolution2d.convolve(rows, weight, bias, out, width, stride);
  }

  @Override
  public void normalize(NormalizationTile tile) {
    VectorNormalization.normalize(tile);
  }

  @Override
  public float sumOfLanes(float[] x, int from) {
    return VectorMath.sumOfLanes(x, from);
  }

  @Override
  public void multiplyAdd(
      float[] a, int aFrom, float[] b, int bFrom, float[] c, int cFrom, int length) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector.fromArray(SPECIES, a, aFrom + i)
          .fma(
              FloatVector.fromArray(SPECIES, b, bFrom + i),
              FloatVector.fromArray(SPECIES, c, cFrom + i))
          .intoArray(c, cFrom + i);
    }
  }

  @Override
  public void forward(ScanTile tile, int block) {
    int states = tile.states;
    int n = 0;
    if (states > 1 && decaysAreNormal(tile, block)) {
      for (; MANY_REGISTERS && n + 3 < states; n += 4) {
        forwardFourStates(tile, block, n);
      }
      for (; n + 1 < states; n += 2) {
        forwardTwoStates(tile, block, n);
      }
    }
    for (; n < states; n++) {
      forwardOneState(tile, block, n);
    }
  }

  /** Whether no power of two in the block overflows or underflows, as is nearly always so. */
  private static boolean decaysAreNormal(ScanTile tile, int block) {
    float[] deltas = tile.delta;
    int stride = tile.stride;
    int steps = tile.steps;
    int column = block * LANES;
    FloatVector most = FloatVector.fromArray(SPECIES, tile.mostDelta, column);
    for (int t = 0, row = column; t < steps; t++, row += stride) {
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, row);
      if (!delta.lanewise(ABS).compare(LE, most).allTrue()) {
        return false;
      }
    }
    return true;
  }

  /** States n to n + 3, each in a register, where every decay is a normal number. */
  private static void forwardFourStates(ScanTile tile, int block, int n) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] deltas = tile.delta;
    float[] us = tile.u;
    float[] ys = tile.y;
    float[] parameters = tile.parameters;
    int toC = tile.toC;
    float[] state = tile.state;
    int stride = tile.stride;
    int[] rows = tile.rows;
    int[] parameterRows = tile.parameterRows;
    int steps = tile.steps;
    int column = block * LANES;
    int i = column * tile.states + n * LANES;
    FloatVector logDecay0 = FloatVector.fromArray(SPECIES, tile.logDecay, i);
    FloatVector logDecay1 = FloatVector.fromArray(SPECIES, tile.logDecay, i + LANES);
    FloatVector logDecay2 = FloatVector.fromArray(SPECIES, tile.logDecay, i + 2 * LANES);
    FloatVector logDecay3 = FloatVector.fromArray(SPECIES, tile.logDecay, i + 3 * LANES);
    FloatVector h0 = FloatVector.fromArray(SPECIES, state, i);
    FloatVector h1 = FloatVector.fromArray(SPECIES, state, i + LANES);
    FloatVector h2 = FloatVector.fromArray(SPECIES, state, i + 2 * LANES);
    FloatVector h3 = FloatVector.fromArray(SPECIES, state, i + 3 * LANES);
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column).mul(n == 0 ? 1f : 0f);
    int columnOfB = tile.columnOfB(block) + n;
    for (int t = 0, at = column; t < steps; t++, at += stride) {
      int row = rows[t] + column;
      int j = parameterRows[t] + columnOfB;
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, at);
      FloatVector u = FloatVector.fromArray(SPECIES, us, row);
      FloatVector deltaU = delta.mul(u);
      FloatVector y = u.fma(skip, FloatVector.fromArray(SPECIES, ys, row));
      FloatVector x0 = delta.mul(logDecay0);
      FloatVector rounded0 = x0.add(round);
      FloatVector f0 = x0.sub(rounded0.sub(round));
      FloatVector scale0 = rounded0.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series0 = e5.fma(f0, e4).fma(f0, e3).fma(f0, e2).fma(f0, e1);
      FloatVector m0 = series0.fma(f0.mul(scale0), scale0.sub(one));
      h0 = m0.fma(h0, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j]), h0));
      y = h0.fma(FloatVector.broadcast(SPECIES, parameters[j + toC]), y);
      FloatVector x1 = delta.mul(logDecay1);
      FloatVector rounded1 = x1.add(round);
      FloatVector f1 = x1.sub(rounded1.sub(round));
      FloatVector scale1 = rounded1.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series1 = e5.fma(f1, e4).fma(f1, e3).fma(f1, e2).fma(f1, e1);
      FloatVector m1 = series1.fma(f1.mul(scale1), scale1.sub(one));
      h1 = m1.fma(h1, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j + 1]), h1));
      y = h1.fma(FloatVector.broadcast(SPECIES, parameters[j + toC + 1]), y);
      FloatVector x2 = delta.mul(logDecay2);
      FloatVector rounded2 = x2.add(round);
      FloatVector f2 = x2.sub(rounded2.sub(round));
      FloatVector scale2 = rounded2.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series2 = e5.fma(f2, e4).fma(f2, e3).fma(f2, e2).fma(f2, e1);
      FloatVector m2 = series2.fma(f2.mul(scale2), scale2.sub(one));
      h2 = m2.fma(h2, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j + 2]), h2));
      y = h2.fma(FloatVector.broadcast(SPECIES, parameters[j + toC + 2]), y);
      FloatVector x3 = delta.mul(logDecay3);
      FloatVector rounded3 = x3.add(round);
      FloatVector f3 = x3.sub(rounded3.sub(round));
      FloatVector scale3 = rounded3.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series3 = e5.fma(f3, e4).fma(f3, e3).fma(f3, e2).fma(f3, e1);
      FloatVector m3 = series3.fma(f3.mul(scale3), scale3.sub(one));
      h3 = m3.fma(h3, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j + 3]), h3));
      y = h3.fma(FloatVector.broadcast(SPECIES, parameters[j + toC + 3]), y);
      y.intoArray(ys, row);
    }
    h0.intoArray(state, i);
    h1.intoArray(state, i + LANES);
    h2.intoArray(state, i + 2 * LANES);
    h3.intoArray(state, i + 3 * LANES);
  }

  /** States n and n + 1, each in a register, where every decay is a normal number. */
  private static void forwardTwoStates(ScanTile tile, int block, int n) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] deltas = tile.delta;
    float[] us = tile.u;
    float[] ys = tile.y;
    float[] parameters = tile.parameters;
    int toC = tile.toC;
    float[] state = tile.state;
    int stride = tile.stride;
    int[] rows = tile.rows;
    int[] parameterRows = tile.parameterRows;
    int steps = tile.steps;
    int column = block * LANES;
    int i = column * tile.states + n * LANES;
    FloatVector logDecay0 = FloatVector.fromArray(SPECIES, tile.logDecay, i);
    FloatVector logDecay1 = FloatVector.fromArray(SPECIES, tile.logDecay, i + LANES);
    FloatVector h0 = FloatVector.fromArray(SPECIES, state, i);
    FloatVector h1 = FloatVector.fromArray(SPECIES, state, i + LANES);
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column).mul(n == 0 ? 1f : 0f);
    int columnOfB = tile.columnOfB(block) + n;
    for (int t = 0, at = column; t < steps; t++, at += stride) {
      int row = rows[t] + column;
      int j = parameterRows[t] + columnOfB;
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, at);
      FloatVector u = FloatVector.fromArray(SPECIES, us, row);
      FloatVector deltaU = delta.mul(u);
      FloatVector y = u.fma(skip, FloatVector.fromArray(SPECIES, ys, row));
      FloatVector x0 = delta.mul(logDecay0);
      FloatVector rounded0 = x0.add(round);
      FloatVector f0 = x0.sub(rounded0.sub(round));
      FloatVector scale0 = rounded0.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series0 = e5.fma(f0, e4).fma(f0, e3).fma(f0, e2).fma(f0, e1);
      FloatVector m0 = series0.fma(f0.mul(scale0), scale0.sub(one));
      h0 = m0.fma(h0, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j]), h0));
      y = h0.fma(FloatVector.broadcast(SPECIES, parameters[j + toC]), y);
      FloatVector x1 = delta.mul(logDecay1);
      FloatVector rounded1 = x1.add(round);
      FloatVector f1 = x1.sub(rounded1.sub(round));
      FloatVector scale1 = rounded1.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series1 = e5.fma(f1, e4).fma(f1, e3).fma(f1, e2).fma(f1, e1);
      FloatVector m1 = series1.fma(f1.mul(scale1), scale1.sub(one));
      h1 = m1.fma(h1, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j + 1]), h1));
      y = h1.fma(FloatVector.broadcast(SPECIES, parameters[j + toC + 1]), y);
      y.intoArray(ys, row);
    }
    h0.intoArray(state, i);
    h1.intoArray(state, i + LANES);
  }

  /** State n, in a register, its decay clamped to a normal number. */
  private static void forwardOneState(ScanTile tile, int block, int n) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_EXPONENT);
    FloatVector largest = FloatVector.broadcast(SPECIES, LARGEST_EXPONENT);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] deltas = tile.delta;
    float[] us = tile.u;
    float[] ys = tile.y;
    float[] parameters = tile.parameters;
    int toC = tile.toC;
    int stride = tile.stride;
    int[] rows = tile.rows;
    int[] parameterRows = tile.parameterRows;
    int steps = tile.steps;
    int column = block * LANES;
    int i = column * tile.states + n * LANES;
    FloatVector logDecay = FloatVector.fromArray(SPECIES, tile.logDecay, i);
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column).mul(n == 0 ? 1f : 0f);
    FloatVector h = FloatVector.fromArray(SPECIES, tile.state, i);
    int columnOfB = tile.columnOfB(block) + n;
    for (int t = 0, at = column; t < steps; t++, at += stride) {
      int row = rows[t] + column;
      int j = parameterRows[t] + columnOfB;
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, at);
      FloatVector u = FloatVector.fromArray(SPECIES, us, row);
      FloatVector x = delta.mul(logDecay);
      x = x.blend(least, x.compare(LT, least)).blend(largest, x.compare(GT, largest));
      FloatVector rounded = x.add(round);
      FloatVector f = x.sub(rounded.sub(round));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series = e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
      FloatVector m = series.fma(f.mul(scale), scale.sub(one));
      h = m.fma(h, delta.mul(u).fma(FloatVector.broadcast(SPECIES, parameters[j]), h));
      h.fma(
              FloatVector.broadcast(SPECIES, parameters[j + toC]),
              u.fma(skip, FloatVector.fromArray(SPECIES, ys, row)))
          .intoArray(ys, row);
    }
    h.intoArray(tile.state, i);
  }

  /** Four steps at once, so that each vector of the weight is loaded once for them. */
  @Override
  public void project(ScanTile tile, int block) {
    float[] parameters = tile.parameters;
    int[] parameterRows = tile.parameterRows;
    float[] weight = tile.deltaWeight;
    float[] delta = tile.delta;
    int rank = tile.rank;
    int stride = tile.stride;
    int first = block * rank * LANES;
    int row = block * LANES;
    int t = 0;
    for (; t + 3 < tile.steps; t += 4, row += 4 * stride) {
      FloatVector sum0 = FloatVector.zero(SPECIES);
      FloatVector sum1 = FloatVector.zero(SPECIES);
      FloatVector sum2 = FloatVector.zero(SPECIES);
      FloatVector sum3 = FloatVector.zero(SPECIES);
      int row0 = parameterRows[t];
      int row1 = parameterRows[t + 1];
      int row2 = parameterRows[t + 2];
      int row3 = parameterRows[t + 3];
      for (int r = 0, i = first; r < rank; r++, i += LANES) {
        FloatVector w = FloatVector.fromArray(SPECIES, weight, i);
        sum0 = w.fma(FloatVector.broadcast(SPECIES, parameters[row0 + r]), sum0);
        sum1 = w.fma(FloatVector.broadcast(SPECIES, parameters[row1 + r]), sum1);
        sum2 = w.fma(FloatVector.broadcast(SPECIES, parameters[row2 + r]), sum2);
        sum3 = w.fma(FloatVector.broadcast(SPECIES, parameters[row3 + r]), sum3);
      }
      sum0.intoArray(delta, row);
      sum1.intoArray(delta, row + stride);
      sum2.intoArray(delta, row + 2 * stride);
      sum3.intoArray(delta, row + 3 * stride);
    }
    for (; t < tile.steps; t++, row += stride) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int r = 0, i = first, j = parameterRows[t]; r < rank; r++, i += LANES, j++) {
        FloatVector w = FloatVector.fromArray(SPECIES, weight, i);
        sum = w.fma(FloatVector.broadcast(SPECIES, parameters[j]), sum);
      }
      sum.intoArray(delta, row);
    }
  }

  @Override
  public void projectBackward(ScanTile tile, int block) {
    float[] parameters = tile.parameters;
    int parameterStride = tile.parameterStride;
    float[] dtGradient = tile.dtGradient;
    float[] deltaGradient = tile.deltaGradient;
    int rank = tile.rank;
    int stride = tile.stride;
    int next = rank * LANES;
    for (int r = 0; r < rank; r++) {
      int i = block * next + r * LANES;
      FloatVector w = FloatVector.fromArray(SPECIES, tile.deltaWeight, i);
      FloatVector sum = FloatVector.fromArray(SPECIES, tile.deltaWeightGradient, i);
      for (int t = 0, row = block * LANES, j = r, at = r * LANES;
          t < tile.steps;
          t++, row += stride, j += parameterStride, at += next) {
        FloatVector gradient = FloatVector.fromArray(SPECIES, deltaGradient, row);
        sum = gradient.fma(FloatVector.broadcast(SPECIES, parameters[j]), sum);
        gradient.fma(w, FloatVector.fromArray(SPECIES, dtGradient, at)).intoArray(dtGradient, at);
      }
      sum.intoArray(tile.deltaWeightGradient, i);
    }
  }

  @Override
  public void backward(ScanTile tile, int block) {
    recompute(tile, block);
    walkBack(tile, block);
  }

  /** The states of the tile once more, with their decays. */
  private static void recompute(ScanTile tile, int block) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_EXPONENT);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] logDecay = tile.logDecay;
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] parameters = tile.parameters;
    int states = tile.states;
    int column = block * LANES;
    int matrix = column * states;
    int next = states * LANES;
    FloatVector leastDelta = FloatVector.fromArray(SPECIES, tile.mostDelta, column).neg();
    for (int t = 0, at = 0; t < tile.steps; t++) {
      int row = t * tile.stride + column;
      FloatVector delta = FloatVector.fromArray(SPECIES, tile.delta, row);
      FloatVector deltaU = delta.mul(FloatVector.fromArray(SPECIES, tile.u, row));
      delta = delta.blend(leastDelta, delta.compare(LT, leastDelta));
      int j = t * tile.parameterStride + tile.columnOfB(block);
      for (int n = 0, i = matrix; n < states; n++, i += LANES, at += LANES, j++) {
        FloatVector x = delta.mul(FloatVector.fromArray(SPECIES, logDecay, i));
        x = x.blend(least, x.compare(LT, least));
        FloatVector rounded = x.add(round);
        FloatVector f = x.sub(rounded.sub(round));
        FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector series = e5.fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
        FloatVector m = series.fma(f.mul(scale), scale.sub(one));
        m.intoArray(decays, at);
        FloatVector h = FloatVector.fromArray(SPECIES, history, at);
        m.fma(h, deltaU.fma(FloatVector.broadcast(SPECIES, parameters[j]), h))
            .intoArray(history, at + next);
      }
    }
  }

  private static void walkBack(ScanTile tile, int block) {
    int column = block * LANES;
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int t = 0, row = column; t < tile.steps; t++, row += tile.stride) {
      zero.intoArray(tile.uGradient, row); // becomes the sum over n of dh B
      zero.intoArray(tile.deltaGradient, row); // of dh exp(delta A) h' A log2(e)
    }
    int n = 0;
    for (; n + 1 < tile.states; n += 2) {
      walkBackTwoStates(tile, block, n);
    }
    if (n < tile.states) {
      walkBackOneState(tile, block, n);
    }
    FloatVector ln2 = FloatVector.broadcast(SPECIES, LN2);
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column);
    FloatVector skipGradient = FloatVector.fromArray(SPECIES, tile.skipGradient, column);
    for (int t = 0, row = column; t < tile.steps; t++, row += tile.stride) {
      FloatVector dy = FloatVector.fromArray(SPECIES, tile.y, row);
      FloatVector u = FloatVector.fromArray(SPECIES, tile.u, row);
      FloatVector inputSum = FloatVector.fromArray(SPECIES, tile.uGradient, row);
      FloatVector decaySum = FloatVector.fromArray(SPECIES, tile.deltaGradient, row);
      skipGradient = dy.fma(u, skipGradient);
      FloatVector.fromArray(SPECIES, tile.delta, row)
          .fma(inputSum, skip.mul(dy))
          .intoArray(tile.uGradient, row);
      decaySum.fma(ln2, u.mul(inputSum)).intoArray(tile.deltaGradient, row);
    }
    skipGradient.intoArray(tile.skipGradient, column);
  }

  /** States n and n + 1, each with its gradients in registers. */
  private static void walkBackTwoStates(ScanTile tile, int block, int n) {
    float[] deltas = tile.delta;
    float[] us = tile.u;
    float[] dys = tile.y;
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] inputSums = tile.uGradient;
    float[] decaySums = tile.deltaGradient;
    float[] bGradient = tile.bGradient;
    float[] cGradient = tile.cGradient;
    float[] parameters = tile.parameters;
    int toC = tile.toC;
    int stride = tile.stride;
    int parameterStride = tile.parameterStride;
    int next = tile.states * LANES;
    int i = block * next + n * LANES;
    FloatVector logDecay0 = FloatVector.fromArray(SPECIES, tile.logDecay, i);
    FloatVector logDecay1 = FloatVector.fromArray(SPECIES, tile.logDecay, i + LANES);
    FloatVector carry0 = FloatVector.fromArray(SPECIES, tile.stateGradient, i);
    FloatVector carry1 = FloatVector.fromArray(SPECIES, tile.stateGradient, i + LANES);
    FloatVector aGradient0 = FloatVector.fromArray(SPECIES, tile.aGradient, i);
    FloatVector aGradient1 = FloatVector.fromArray(SPECIES, tile.aGradient, i + LANES);
    int last = tile.steps - 1;
    int at = last * next + n * LANES;
    FloatVector h0 = FloatVector.fromArray(SPECIES, history, at + next);
    FloatVector h1 = FloatVector.fromArray(SPECIES, history, at + next + LANES);
    for (int t = last,
            row = last * stride + block * LANES,
            j = last * parameterStride + tile.columnOfB(block) + n;
        t >= 0;
        t--, row -= stride, j -= parameterStride, at -= next) {
      FloatVector dy = FloatVector.fromArray(SPECIES, dys, row);
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, row);
      FloatVector deltaU = delta.mul(FloatVector.fromArray(SPECIES, us, row));
      FloatVector dh0 = dy.fma(FloatVector.broadcast(SPECIES, parameters[j + toC]), carry0);
      FloatVector dh1 = dy.fma(FloatVector.broadcast(SPECIES, parameters[j + toC + 1]), carry1);
      dy.fma(h0, FloatVector.fromArray(SPECIES, cGradient, at)).intoArray(cGradient, at);
      dy.fma(h1, FloatVector.fromArray(SPECIES, cGradient, at + LANES))
          .intoArray(cGradient, at + LANES);
      dh0.fma(deltaU, FloatVector.fromArray(SPECIES, bGradient, at)).intoArray(bGradient, at);
      dh1.fma(deltaU, FloatVector.fromArray(SPECIES, bGradient, at + LANES))
          .intoArray(bGradient, at + LANES);
      FloatVector inputSum = FloatVector.fromArray(SPECIES, inputSums, row);
      inputSum = dh0.fma(FloatVector.broadcast(SPECIES, parameters[j]), inputSum);
      dh1.fma(FloatVector.broadcast(SPECIES, parameters[j + 1]), inputSum)
          .intoArray(inputSums, row);
      carry0 = FloatVector.fromArray(SPECIES, decays, at).fma(dh0, dh0); // exp(delta A) dh
      carry1 = FloatVector.fromArray(SPECIES, decays, at + LANES).fma(dh1, dh1);
      h0 = FloatVector.fromArray(SPECIES, history, at);
      h1 = FloatVector.fromArray(SPECIES, history, at + LANES);
      FloatVector w0 = carry0.mul(h0);
      FloatVector w1 = carry1.mul(h1);
      FloatVector decaySum = FloatVector.fromArray(SPECIES, decaySums, row);
      w1.fma(logDecay1, w0.fma(logDecay0, decaySum)).intoArray(decaySums, row);
      aGradient0 = w0.fma(delta, aGradient0);
      aGradient1 = w1.fma(delta, aGradient1);
    }
    carry0.intoArray(tile.stateGradient, i);
    carry1.intoArray(tile.stateGradient, i + LANES);
    aGradient0.intoArray(tile.aGradient, i);
    aGradient1.intoArray(tile.aGradient, i + LANES);
  }

  /** The same for state n alone. */
  private static void walkBackOneState(ScanTile tile, int block, int n) {
    float[] deltas = tile.delta;
    float[] us = tile.u;
    float[] dys = tile.y;
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] inputSums = tile.uGradient;
    float[] decaySums = tile.deltaGradient;
    float[] bGradient = tile.bGradient;
    float[] cGradient = tile.cGradient;
    float[] parameters = tile.parameters;
    int toC = tile.toC;
    int stride = tile.stride;
    int parameterStride = tile.parameterStride;
    int next = tile.states * LANES;
    int i = block * next + n * LANES;
    FloatVector logDecay = FloatVector.fromArray(SPECIES, tile.logDecay, i);
    FloatVector carry = FloatVector.fromArray(SPECIES, tile.stateGradient, i);
    FloatVector aGradient = FloatVector.fromArray(SPECIES, tile.aGradient, i);
    int last = tile.steps - 1;
    int at = last * next + n * LANES;
    FloatVector h = FloatVector.fromArray(SPECIES, history, at + next);
    for (int t = last,
            row = last * stride + block * LANES,
            j = last * parameterStride + tile.columnOfB(block) + n;
        t >= 0;
        t--, row -= stride, j -= parameterStride, at -= next) {
      FloatVector dy = FloatVector.fromArray(SPECIES, dys, row);
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, row);
      FloatVector deltaU = delta.mul(FloatVector.fromArray(SPECIES, us, row));
      FloatVector dh = dy.fma(FloatVector.broadcast(SPECIES, parameters[j + toC]), carry);
      dy.fma(h, FloatVector.fromArray(SPECIES, cGradient, at)).intoArray(cGradient, at);
      dh.fma(deltaU, FloatVector.fromArray(SPECIES, bGradient, at)).intoArray(bGradient, at);
      dh.fma(
              FloatVector.broadcast(SPECIES, parameters[j]),
              FloatVector.fromArray(SPECIES, inputSums, row))
          .intoArray(inputSums, row);
      carry = FloatVector.fromArray(SPECIES, decays, at).fma(dh, dh); // exp(delta A) dh
      h = FloatVector.fromArray(SPECIES, history, at);
      FloatVector w = carry.mul(h);
      w.fma(logDecay, FloatVector.fromArray(SPECIES, decaySums, row)).intoArray(decaySums, row);
      aGradient = w.fma(delta, aGradient);
    }
    carry.intoArray(tile.stateGradient, i);
    aGradient.intoArray(tile.aGradient, i);
  }
}
