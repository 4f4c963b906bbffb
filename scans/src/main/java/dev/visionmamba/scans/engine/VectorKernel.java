package dev.visionmamba.scans.engine;

import static dev.visionmamba.scans.engine.VectorMath.decayMinusOne;
import static dev.visionmamba.scans.engine.VectorMath.sigmoid;
import static dev.visionmamba.scans.engine.VectorMath.softplus;
import static dev.visionmamba.scans.engine.VectorMemory.load;
import static dev.visionmamba.scans.engine.VectorMemory.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops with the JDK's Vector API: one vector holds neighbouring channels, so every step
 * touches contiguous memory and no lane waits for another. Blocks narrower than a vector go to the
 * plain kernel.
 */
final class VectorKernel implements ScanKernel {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private final PlainKernel narrow = new PlainKernel(LANES);

  /** Fails with a LinkageError where this JVM's Vector API is one that we do not know. */
  VectorKernel() {
    VectorMemory.of(java.nio.ByteBuffer.allocateDirect(0));
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void forward(ScanBlock block) {
    if (block.width < LANES) {
      narrow.forward(block);
      return;
    }
    int row = block.states * LANES;
    int steps = block.path.length;
    for (int start = 0, chunk = 0; start < steps; start += ScanBlock.CHUNK, chunk++) {
      if (block.checkpoints != null) {
        System.arraycopy(block.state, 0, block.checkpoints, chunk * row, row);
      }
      forward(block, start, Math.min(start + ScanBlock.CHUNK, steps));
    }
  }

  private static void forward(ScanBlock block, int start, int end) {
    int[] path = block.path;
    int[] parameterPath = block.parameterPath;
    Rows uRows = block.u;
    Rows deltaRows = block.delta;
    Rows yRows = block.y;
    float[] state = block.state;
    float[] logDecay = block.logDecay;
    float[] b = block.b;
    float[] c = block.c;
    int states = block.states;
    FloatVector skip = FloatVector.fromArray(SPECIES, block.skip, 0);
    FloatVector bias = FloatVector.fromArray(SPECIES, block.bias, 0);
    for (int t = start; t < end; t++) {
      int at = yRows.at(block.batch, path[t], block.channel);
      FloatVector u = load(uRows.memory, uRows.at(block.batch, path[t], block.channel));
      FloatVector delta =
          load(deltaRows.memory, deltaRows.at(block.batch, parameterPath[t], block.channel))
              .add(bias);
      if (block.softplus) {
        delta = softplus(delta);
      }
      FloatVector deltaU = delta.mul(u);
      FloatVector y = u.fma(skip, load(yRows.memory, at));
      for (int n = 0, i = 0, j = t * states; n < states; n++, i += LANES, j++) {
        FloatVector h = FloatVector.fromArray(SPECIES, state, i);
        FloatVector m = decayMinusOne(delta, FloatVector.fromArray(SPECIES, logDecay, i));
        h = m.fma(h, h).add(deltaU.mul(b[j])); // exp(delta A) h + delta u B
        h.intoArray(state, i);
        y = h.fma(FloatVector.broadcast(SPECIES, c[j]), y);
      }
      store(y, yRows.memory, at);
    }
  }

  @Override
  public void backward(ScanBlock block, int chunk) {
    if (block.width < LANES) {
      narrow.backward(block, chunk);
      return;
    }
    int start = chunk * ScanBlock.CHUNK;
    int end = Math.min(start + ScanBlock.CHUNK, block.path.length);
    recompute(block, chunk, start, end);
    walkBack(block, start, end);
  }

  /** Fills the block's history: the state before each step of the chunk and after its last. */
  private static void recompute(ScanBlock block, int chunk, int start, int end) {
    float[] history = block.history;
    float[] decays = block.decayMinusOne;
    float[] logDecay = block.logDecay;
    int states = block.states;
    int row = states * LANES;
    System.arraycopy(block.checkpoints, chunk * row, history, 0, row);
    FloatVector bias = FloatVector.fromArray(SPECIES, block.bias, 0);
    for (int t = start, at = 0; t < end; t++) {
      FloatVector u = load(block.u.memory, block.u.at(block.batch, block.path[t], block.channel));
      FloatVector delta = delta(block, t, bias);
      FloatVector deltaU = delta.mul(u);
      for (int n = 0, i = 0, j = t * states; n < states; n++, i += LANES, j++, at += LANES) {
        FloatVector h = FloatVector.fromArray(SPECIES, history, at);
        FloatVector m = decayMinusOne(delta, FloatVector.fromArray(SPECIES, logDecay, i));
        m.intoArray(decays, at);
        m.fma(h, h).add(deltaU.mul(block.b[j])).intoArray(history, at + row);
      }
    }
  }

  private static FloatVector delta(ScanBlock block, int t, FloatVector bias) {
    FloatVector delta =
        load(block.delta.memory, block.delta.at(block.batch, block.parameterPath[t], block.channel))
            .add(bias);
    return block.softplus ? softplus(delta) : delta;
  }

  private static void walkBack(ScanBlock block, int start, int end) {
    float[] history = block.history;
    float[] decays = block.decayMinusOne;
    float[] logDecay = block.logDecay;
    float[] carry = block.stateGradient;
    float[] aGradient = block.aGradient;
    float[] bGradient = block.bGradient;
    float[] cGradient = block.cGradient;
    float[] b = block.b;
    float[] c = block.c;
    int states = block.states;
    int row = states * LANES;
    FloatVector skip = FloatVector.fromArray(SPECIES, block.skip, 0);
    FloatVector bias = FloatVector.fromArray(SPECIES, block.bias, 0);
    FloatVector skipGradient = FloatVector.fromArray(SPECIES, block.skipGradient, 0);
    FloatVector biasGradient = FloatVector.fromArray(SPECIES, block.biasGradient, 0);
    FloatVector ln2 = FloatVector.broadcast(SPECIES, VectorMath.LN2);
    for (int t = end - 1; t >= start; t--) {
      int token = block.path[t];
      FloatVector dy =
          load(
              block.outputGradient.memory,
              block.outputGradient.at(block.batch, token, block.channel));
      FloatVector u = load(block.u.memory, block.u.at(block.batch, token, block.channel));
      FloatVector delta = delta(block, t, bias);
      FloatVector deltaU = delta.mul(u);
      FloatVector inputSum = FloatVector.zero(SPECIES); // sum over n of dh B
      FloatVector decaySum = FloatVector.zero(SPECIES); // sum over n of dh exp(delta A) h' A
      int at = (t - start) * row;
      for (int n = 0, i = 0, j = t * states; n < states; n++, i += LANES, j++, at += LANES) {
        FloatVector hBefore = FloatVector.fromArray(SPECIES, history, at);
        FloatVector h = FloatVector.fromArray(SPECIES, history, at + row);
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
      FloatVector du = skip.mul(dy).add(delta.mul(inputSum));
      FloatVector dDelta = decaySum.fma(ln2, u.mul(inputSum));
      if (block.softplus) {
        // The derivative of softplus is the sigmoid, 1 - exp(-softplus).
        dDelta =
            dDelta
                .mul(decayMinusOne(delta, FloatVector.broadcast(SPECIES, -VectorMath.LOG2E)))
                .neg();
      }
      skipGradient = dy.fma(u, skipGradient);
      biasGradient = biasGradient.add(dDelta);
      add(du, block.uGradient, block.batch, token, block.channel);
      add(dDelta, block.deltaGradient, block.batch, block.parameterPath[t], block.channel);
    }
    skipGradient.intoArray(block.skipGradient, 0);
    biasGradient.intoArray(block.biasGradient, 0);
  }

  private static void add(FloatVector value, Rows rows, int batch, int token, int channel) {
    int at = rows.at(batch, token, channel);
    store(load(rows.memory, at).add(value), rows.memory, at);
  }

  @Override
  public void gate(Rows y, Rows z, float scale, int batch, int token, int channel, int width) {
    int i = 0;
    for (; i + LANES <= width; i += LANES) {
      int at = y.at(batch, token, channel + i);
      FloatVector value = load(y.memory, at).mul(scale);
      if (z != null) {
        FloatVector gate = load(z.memory, z.at(batch, token, channel + i));
        value = value.mul(gate.mul(sigmoid(gate)));
      }
      store(value, y.memory, at);
    }
    narrow.gate(y, z, scale, batch, token, channel + i, width - i);
  }

  @Override
  public void gateBackward(
      Rows y,
      Rows z,
      Rows outputGradient,
      Rows zGradient,
      float scale,
      int batch,
      int token,
      int channel,
      int width) {
    int i = 0;
    for (; i + LANES <= width; i += LANES) {
      int at = y.at(batch, token, channel + i);
      FloatVector dOut =
          load(outputGradient.memory, outputGradient.at(batch, token, channel + i)).mul(scale);
      if (z == null) {
        store(dOut, y.memory, at);
        continue;
      }
      FloatVector gate = load(z.memory, z.at(batch, token, channel + i));
      FloatVector sigmoid = sigmoid(gate);
      FloatVector silu = gate.mul(sigmoid);
      // SiLU'(z) = sigmoid (1 + z (1 - sigmoid)) = sigmoid + silu - silu sigmoid
      FloatVector slope = sigmoid.add(silu).sub(silu.mul(sigmoid));
      add(dOut.mul(load(y.memory, at)).mul(slope), zGradient, batch, token, channel + i);
      store(dOut.mul(silu), y.memory, at);
    }
    narrow.gateBackward(
        y, z, outputGradient, zGradient, scale, batch, token, channel + i, width - i);
  }

  @Override
  public void convolve(ConvolutionBlock block) {
    if (block.width < LANES) {
      narrow.convolve(block);
      return;
    }
    for (int t = 0; t < block.path.length; t++) {
      FloatVector sum = convolution(block, t);
      store(
          sum.mul(sigmoid(sum)),
          block.y.memory,
          block.y.at(block.batch, block.path[t], block.channel));
    }
  }

  /** bias + sum over k of weight[k] x[t - (K-1) + k]. */
  private static FloatVector convolution(ConvolutionBlock block, int t) {
    Rows x = block.x;
    FloatVector sum = FloatVector.fromArray(SPECIES, block.bias, 0);
    for (int k = Math.max(0, block.taps - 1 - t); k < block.taps; k++) {
      int token = block.path[t - (block.taps - 1) + k];
      sum =
          load(x.memory, x.at(block.batch, token, block.channel))
              .fma(FloatVector.fromArray(SPECIES, block.weight, k * LANES), sum);
    }
    return sum;
  }

  @Override
  public void convolveBackward(ConvolutionBlock block) {
    if (block.width < LANES) {
      narrow.convolveBackward(block);
      return;
    }
    Rows x = block.x;
    float[] weightGradient = block.weightGradient;
    FloatVector biasGradient = FloatVector.fromArray(SPECIES, block.biasGradient, 0);
    for (int t = 0; t < block.path.length; t++) {
      FloatVector sum = convolution(block, t);
      FloatVector sigmoid = sigmoid(sum);
      FloatVector silu = sum.mul(sigmoid);
      FloatVector dSum =
          load(
                  block.outputGradient.memory,
                  block.outputGradient.at(block.batch, block.path[t], block.channel))
              .mul(sigmoid.add(silu).sub(silu.mul(sigmoid)));
      biasGradient = biasGradient.add(dSum);
      for (int k = Math.max(0, block.taps - 1 - t); k < block.taps; k++) {
        int token = block.path[t - (block.taps - 1) + k];
        FloatVector weight = FloatVector.fromArray(SPECIES, block.weight, k * LANES);
        add(dSum.mul(weight), block.xGradient, block.batch, token, block.channel);
        dSum.fma(
                load(x.memory, x.at(block.batch, token, block.channel)),
                FloatVector.fromArray(SPECIES, weightGradient, k * LANES))
            .intoArray(weightGradient, k * LANES);
      }
    }
    biasGradient.intoArray(block.biasGradient, 0);
  }
}
