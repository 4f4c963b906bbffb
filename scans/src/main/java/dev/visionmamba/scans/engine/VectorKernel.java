package dev.visionmamba.scans.engine;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops with the JDK's Vector API: a vector holds neighbouring channels, so no lane waits
 * for another.
 */
final class VectorKernel implements ScanKernel {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void softplus(float[] x, float[] scratch, int length) {
    VectorMath.softplus(x, scratch, length);
  }

  @Override
  public void sigmoid(float[] x, float[] out, int length) {
    VectorMath.sigmoid(x, out, length);
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
  public void forward(ScanTile tile, ScanLanes lanes) {
    VectorMath.decaysMinusOne(tile, lanes);
    float[] state = lanes.state;
    float[] decays = tile.decayMinusOne;
    float[] b = tile.b;
    float[] c = tile.c;
    int states = tile.states;
    FloatVector skip = FloatVector.fromArray(SPECIES, lanes.skip, 0);
    for (int t = 0, at = 0; t < tile.steps; t++) {
      int row = t * tile.stride + lanes.offset;
      FloatVector u = FloatVector.fromArray(SPECIES, tile.u, row);
      FloatVector deltaU = FloatVector.fromArray(SPECIES, tile.delta, row).mul(u);
      FloatVector y = u.fma(skip, FloatVector.fromArray(SPECIES, tile.y, row));
      int j = t * tile.parameterStride + lanes.group * states;
      for (int n = 0; n < states; n++, at += LANES, j++) {
        FloatVector h = FloatVector.fromArray(SPECIES, state, n * LANES);
        h = FloatVector.fromArray(SPECIES, decays, at).fma(h, h).add(deltaU.mul(b[j]));
        h.intoArray(state, n * LANES);
        y = h.fma(FloatVector.broadcast(SPECIES, c[j]), y);
      }
      y.intoArray(tile.y, row);
    }
  }

  @Override
  public void backward(ScanTile tile, ScanLanes lanes, float[] before) {
    VectorMath.decaysMinusOne(tile, lanes);
    System.arraycopy(before, 0, tile.history, 0, tile.states * LANES);
    recompute(tile, lanes);
    walkBack(tile, lanes);
  }

  private static void recompute(ScanTile tile, ScanLanes lanes) {
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] b = tile.b;
    int states = tile.states;
    int next = states * LANES;
    for (int t = 0, at = 0; t < tile.steps; t++) {
      int row = t * tile.stride + lanes.offset;
      FloatVector deltaU =
          FloatVector.fromArray(SPECIES, tile.delta, row)
              .mul(FloatVector.fromArray(SPECIES, tile.u, row));
      int j = t * tile.parameterStride + lanes.group * states;
      for (int n = 0; n < states; n++, at += LANES, j++) {
        FloatVector h = FloatVector.fromArray(SPECIES, history, at);
        FloatVector.fromArray(SPECIES, decays, at)
            .fma(h, h)
            .add(deltaU.mul(b[j]))
            .intoArray(history, at + next);
      }
    }
  }

  private static void walkBack(ScanTile tile, ScanLanes lanes) {
    float[] history = tile.history;
    float[] decays = tile.decayMinusOne;
    float[] logDecay = lanes.logDecay;
    float[] carry = lanes.stateGradient;
    float[] aGradient = lanes.aGradient;
    float[] bGradient = tile.bGradient;
    float[] cGradient = tile.cGradient;
    float[] b = tile.b;
    float[] c = tile.c;
    int states = tile.states;
    int next = states * LANES;
    FloatVector skip = FloatVector.fromArray(SPECIES, lanes.skip, 0);
    FloatVector skipGradient = FloatVector.fromArray(SPECIES, lanes.skipGradient, 0);
    for (int t = tile.steps - 1; t >= 0; t--) {
      int row = t * tile.stride + lanes.offset;
      FloatVector dy = FloatVector.fromArray(SPECIES, tile.y, row);
      FloatVector u = FloatVector.fromArray(SPECIES, tile.u, row);
      FloatVector delta = FloatVector.fromArray(SPECIES, tile.delta, row);
      FloatVector deltaU = delta.mul(u);
      FloatVector inputSum = FloatVector.zero(SPECIES); // sum over n of dh B
      FloatVector decaySum = FloatVector.zero(SPECIES); // sum over n of dh exp(delta A) h' A
      int at = t * next;
      int j = t * tile.parameterStride + lanes.group * states;
      for (int n = 0, i = 0; n < states; n++, i += LANES, at += LANES, j++) {
        FloatVector hBefore = FloatVector.fromArray(SPECIES, history, at);
        FloatVector h = FloatVector.fromArray(SPECIES, history, at + next);
        FloatVector m = FloatVector.fromArray(SPECIES, decays, at);
        FloatVector dh =
            dy.fma(FloatVector.broadcast(SPECIES, c[j]), FloatVector.fromArray(SPECIES, carry, i));
        dy.fma(h, FloatVector.fromArray(SPECIES, cGradient, at)).intoArray(cGradient, at);
        dh.fma(deltaU, FloatVector.fromArray(SPECIES, bGradient, at)).intoArray(bGradient, at);
        inputSum = dh.fma(FloatVector.broadcast(SPECIES, b[j]), inputSum);
        FloatVector w = dh.mul(m.fma(hBefore, hBefore)); // dh exp(delta A) h'
        decaySum = w.fma(FloatVector.fromArray(SPECIES, logDecay, i), decaySum);
        w.fma(delta, FloatVector.fromArray(SPECIES, aGradient, i)).intoArray(aGradient, i);
        m.fma(dh, dh).intoArray(carry, i); // exp(delta A) dh
      }
      skipGradient = dy.fma(u, skipGradient);
      skip.mul(dy).add(delta.mul(inputSum)).intoArray(tile.uGradient, row);
      decaySum.mul(PlainMath.LN2).add(u.mul(inputSum)).intoArray(tile.deltaGradient, row);
    }
    skipGradient.intoArray(lanes.skipGradient, 0);
  }
}
