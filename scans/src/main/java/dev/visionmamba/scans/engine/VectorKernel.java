package dev.visionmamba.scans.engine;

import static dev.visionmamba.scans.engine.PlainMath.E1;
import static dev.visionmamba.scans.engine.PlainMath.E2;
import static dev.visionmamba.scans.engine.PlainMath.E3;
import static dev.visionmamba.scans.engine.PlainMath.E4;
import static dev.visionmamba.scans.engine.PlainMath.E5;
import static dev.visionmamba.scans.engine.PlainMath.E6;
import static dev.visionmamba.scans.engine.PlainMath.LARGEST_EXPONENT;
import static dev.visionmamba.scans.engine.PlainMath.LEAST_EXPONENT;
import static dev.visionmamba.scans.engine.PlainMath.LN2;
import static dev.visionmamba.scans.engine.PlainMath.ROUND;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.GT;
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

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void softplus(float[] x, float[] bias, int rows, int stride) {
    VectorMath.softplus(x, bias, rows, stride);
  }

  @Override
  public void sigmoid(float[] x, float[] out, int length) {
    VectorMath.sigmoid(x, out, length);
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
  public float sumOfLanes(float[] x, int from) {
    return FloatVector.fromArray(SPECIES, x, from).reduceLanes(ADD);
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
    if (tile.states == 1) {
      forwardOneState(tile, block);
    } else {
      forwardStates(tile, block);
    }
  }

  private static void forwardStates(ScanTile tile, int block) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_EXPONENT);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] logDecay = tile.logDecay;
    float[] state = tile.state;
    float[] b = tile.b;
    float[] c = tile.c;
    int states = tile.states;
    int column = block * LANES;
    int matrix = column * states;
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column);
    FloatVector leastDelta = FloatVector.fromArray(SPECIES, tile.leastDelta, column);
    for (int t = 0; t < tile.steps; t++) {
      int row = t * tile.stride + column;
      FloatVector delta = FloatVector.fromArray(SPECIES, tile.delta, row);
      FloatVector u = FloatVector.fromArray(SPECIES, tile.u, row);
      FloatVector deltaU = delta.mul(u);
      FloatVector y = u.fma(skip, FloatVector.fromArray(SPECIES, tile.y, row));
      delta = delta.blend(leastDelta, delta.compare(LT, leastDelta));
      int j = t * tile.parameterStride + tile.group[block] * states;
      for (int n = 0, i = matrix; n < states; n++, i += LANES, j++) {
        FloatVector x = delta.mul(FloatVector.fromArray(SPECIES, logDecay, i));
        x = x.blend(least, x.compare(LT, least));
        FloatVector rounded = x.add(round);
        FloatVector f = x.sub(rounded.sub(round));
        FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector series = e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
        FloatVector m = series.fma(f.mul(scale), scale.sub(one));
        FloatVector h = FloatVector.fromArray(SPECIES, state, i);
        h = m.fma(h, deltaU.fma(FloatVector.broadcast(SPECIES, b[j]), h));
        h.intoArray(state, i);
        y = h.fma(FloatVector.broadcast(SPECIES, c[j]), y);
      }
      y.intoArray(tile.y, row);
    }
  }

  /** The same for a single state, which stays in a register. */
  private static void forwardOneState(ScanTile tile, int block) {
    FloatVector e1 = FloatVector.broadcast(SPECIES, E1);
    FloatVector e2 = FloatVector.broadcast(SPECIES, E2);
    FloatVector e3 = FloatVector.broadcast(SPECIES, E3);
    FloatVector e4 = FloatVector.broadcast(SPECIES, E4);
    FloatVector e5 = FloatVector.broadcast(SPECIES, E5);
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_EXPONENT);
    FloatVector largest = FloatVector.broadcast(SPECIES, LARGEST_EXPONENT);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] deltas = tile.delta;
    float[] us = tile.u;
    float[] ys = tile.y;
    float[] b = tile.b;
    float[] c = tile.c;
    int stride = tile.stride;
    int parameterStride = tile.parameterStride;
    int steps = tile.steps;
    int column = block * LANES;
    FloatVector logDecay = FloatVector.fromArray(SPECIES, tile.logDecay, column);
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column);
    FloatVector h = FloatVector.fromArray(SPECIES, tile.state, column);
    for (int t = 0, row = column, j = tile.group[block];
        t < steps;
        t++, row += stride, j += parameterStride) {
      FloatVector delta = FloatVector.fromArray(SPECIES, deltas, row);
      FloatVector u = FloatVector.fromArray(SPECIES, us, row);
      FloatVector x = delta.mul(logDecay);
      x = x.blend(least, x.compare(LT, least)).blend(largest, x.compare(GT, largest));
      FloatVector rounded = x.add(round);
      FloatVector f = x.sub(rounded.sub(round));
      FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector series = e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
      FloatVector m = series.fma(f.mul(scale), scale.sub(one));
      h = m.fma(h, delta.mul(u).fma(FloatVector.broadcast(SPECIES, b[j]), h));
      h.fma(
              FloatVector.broadcast(SPECIES, c[j]),
              u.fma(skip, FloatVector.fromArray(SPECIES, ys, row)))
          .intoArray(ys, row);
    }
    h.intoArray(tile.state, column);
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
    FloatVector e6 = FloatVector.broadcast(SPECIES, E6);
    FloatVector least = FloatVector.broadcast(SPECIES, LEAST_EXPONENT);
    FloatVector round = FloatVector.broadcast(SPECIES, ROUND);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    float[] logDecay = tile.logDecay;
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] b = tile.b;
    int states = tile.states;
    int column = block * LANES;
    int matrix = column * states;
    int next = states * LANES;
    FloatVector leastDelta = FloatVector.fromArray(SPECIES, tile.leastDelta, column);
    for (int t = 0, at = 0; t < tile.steps; t++) {
      int row = t * tile.stride + column;
      FloatVector delta = FloatVector.fromArray(SPECIES, tile.delta, row);
      FloatVector deltaU = delta.mul(FloatVector.fromArray(SPECIES, tile.u, row));
      delta = delta.blend(leastDelta, delta.compare(LT, leastDelta));
      int j = t * tile.parameterStride + tile.group[block] * states;
      for (int n = 0, i = matrix; n < states; n++, i += LANES, at += LANES, j++) {
        FloatVector x = delta.mul(FloatVector.fromArray(SPECIES, logDecay, i));
        x = x.blend(least, x.compare(LT, least));
        FloatVector rounded = x.add(round);
        FloatVector f = x.sub(rounded.sub(round));
        FloatVector scale = rounded.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector series = e6.fma(f, e5).fma(f, e4).fma(f, e3).fma(f, e2).fma(f, e1);
        FloatVector m = series.fma(f.mul(scale), scale.sub(one));
        m.intoArray(decays, at);
        FloatVector h = FloatVector.fromArray(SPECIES, history, at);
        m.fma(h, deltaU.fma(FloatVector.broadcast(SPECIES, b[j]), h)).intoArray(history, at + next);
      }
    }
  }

  private static void walkBack(ScanTile tile, int block) {
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] logDecay = tile.logDecay;
    float[] carry = tile.stateGradient;
    float[] aGradient = tile.aGradient;
    float[] bGradient = tile.bGradient;
    float[] cGradient = tile.cGradient;
    float[] b = tile.b;
    float[] c = tile.c;
    int states = tile.states;
    int column = block * LANES;
    int matrix = column * states;
    int next = states * LANES;
    FloatVector skip = FloatVector.fromArray(SPECIES, tile.skip, column);
    FloatVector skipGradient = FloatVector.fromArray(SPECIES, tile.skipGradient, column);
    FloatVector ln2 = FloatVector.broadcast(SPECIES, LN2);
    for (int t = tile.steps - 1; t >= 0; t--) {
      int row = t * tile.stride + column;
      FloatVector dy = FloatVector.fromArray(SPECIES, tile.y, row);
      FloatVector u = FloatVector.fromArray(SPECIES, tile.u, row);
      FloatVector delta = FloatVector.fromArray(SPECIES, tile.delta, row);
      FloatVector deltaU = delta.mul(u);
      FloatVector inputSum = FloatVector.zero(SPECIES); // sum over n of dh B
      FloatVector decaySum = FloatVector.zero(SPECIES); // sum over n of dh exp(delta A) h' A
      int at = t * next;
      int j = t * tile.parameterStride + tile.group[block] * states;
      for (int n = 0, i = matrix; n < states; n++, i += LANES, at += LANES, j++) {
        FloatVector hBefore = FloatVector.fromArray(SPECIES, history, at);
        FloatVector h = FloatVector.fromArray(SPECIES, history, at + next);
        FloatVector m = FloatVector.fromArray(SPECIES, decays, at);
        FloatVector dh =
            dy.fma(FloatVector.broadcast(SPECIES, c[j]), FloatVector.fromArray(SPECIES, carry, i));
        dy.fma(h, FloatVector.fromArray(SPECIES, cGradient, at)).intoArray(cGradient, at);
        dh.fma(deltaU, FloatVector.fromArray(SPECIES, bGradient, at)).intoArray(bGradient, at);
        inputSum = dh.fma(FloatVector.broadcast(SPECIES, b[j]), inputSum);
        FloatVector decayed = m.fma(dh, dh); // exp(delta A) dh
        decayed.intoArray(carry, i);
        FloatVector w = decayed.mul(hBefore);
        decaySum = w.fma(FloatVector.fromArray(SPECIES, logDecay, i), decaySum);
        w.fma(delta, FloatVector.fromArray(SPECIES, aGradient, i)).intoArray(aGradient, i);
      }
      skipGradient = dy.fma(u, skipGradient);
      skip.mul(dy).add(delta.mul(inputSum)).intoArray(tile.uGradient, row);
      decaySum.fma(ln2, u.mul(inputSum)).intoArray(tile.deltaGradient, row);
    }
    skipGradient.intoArray(tile.skipGradient, column);
  }
}
