package dev.visionmamba.scans.engine;

import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.ScanPath;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Some steps of a sequence in a range of channels, the steps before that they see, and the
 * convolution over them. One worker opens it again for convolution after convolution.
 */
final class ConvolutionTile {
  private final ScanKernel kernel;
  private final Steps steps = new Steps();
  private final Steps inputSteps = new Steps();
  private Operands operands;
  private int stride;
  private Rows.Span columns;
  private Rows.Span inputColumns;

  /** [tap][stride]. */
  private float[] weight = {};

  private float[] bias = {};
  private float[] input = {};
  private float[] sum = {};
  private float[] sigmoid = {};
  private float[] inputGradient = {};
  private float[] weightGradient = {};
  private float[] biasGradient = {};

  ConvolutionTile(ScanKernel kernel) {
    this.kernel = kernel;
  }

  /** A convolution's operands in memory, shared by all workers. */
  static final class Operands {
    private final ScanPath path;
    private final int channels;
    private final int taps;
    private final Rows x;
    private final FloatBuffer weight;
    private final FloatBuffer bias;

    Operands(CausalConv1dArguments arguments) {
      path = arguments.path();
      channels = arguments.channels();
      taps = arguments.taps();
      x = Rows.of(arguments.x());
      weight = Rows.floats(arguments.weight());
      bias = arguments.bias() == null ? null : Rows.floats(arguments.bias());
    }
  }

  /** Makes ready for a range of channels. */
  void open(Operands operands, int fromChannel, int toChannel, boolean backward) {
    this.operands = operands;
    int width = toChannel - fromChannel;
    int taps = operands.taps;
    stride = (width + kernel.lanes() - 1) / kernel.lanes() * kernel.lanes();
    columns = new Rows.Span(fromChannel, width, 0);
    int rows = ScanTile.STEPS * stride;
    int inputs = rows + (taps - 1) * stride;
    weight = ScanTile.grown(weight, taps * stride);
    bias = ScanTile.grown(bias, stride);
    input = ScanTile.grown(input, inputs);
    sum = ScanTile.grown(sum, rows);
    if (backward) {
      sigmoid = ScanTile.grown(sigmoid, inputs);
      inputGradient = ScanTile.grown(inputGradient, inputs);
      weightGradient = ScanTile.grown(weightGradient, taps * stride);
      biasGradient = ScanTile.grown(biasGradient, stride);
      Arrays.fill(weightGradient, 0, taps * stride, 0f);
      Arrays.fill(biasGradient, 0, stride, 0f);
    }
    for (int i = 0; i < stride; i++) {
      int channel = fromChannel + i;
      for (int k = 0; k < taps; k++) {
        weight[k * stride + i] = i < width ? operands.weight.get(channel * taps + k) : 0f;
      }
      bias[i] = i < width && operands.bias != null ? operands.bias.get(channel) : 0f;
    }
    if (width < stride) { // lanes without a channel stay as they are here
      Arrays.fill(input, 0f);
    }
  }

  /** Convolves a sequence. */
  void forward(int sequence, Rows y) {
    int length = operands.path.steps();
    for (int start = 0; start < length; start += ScanTile.STEPS) {
      read(sequence, start, Math.min(ScanTile.STEPS, length - start));
      kernel.convolve(input, weight, bias, operands.taps, sum, steps.count(), stride);
      y.scatter(sequence, steps, columns, sum, stride);
    }
  }

  private static void multiply(float[] a, float[] b, int length) {
    for (int i = 0; i < length; i++) {
      b[i] *= a[i];
    }
  }

  /** Fills the input. */
  private void read(int sequence, int start, int count) {
    int taps = operands.taps;
    int before = Math.min(taps - 1, start); // steps before the tile that it sees
    int missing = (taps - 1 - before) * stride; // zeros before the first token
    steps.moveTo(operands.path, start, count);
    inputSteps.moveTo(operands.path, start - before, before + count);
    inputColumns = new Rows.Span(columns.column(), columns.count(), missing);
    Arrays.fill(input, 0, missing, 0f);
    operands.x.gather(sequence, inputSteps, inputColumns, input, stride);
  }

  /** bias + sum over k of weight[k] x[t - (K-1) + k], and its sigmoid. */
  private void convolve(int count) {
    int taps = operands.taps;
    for (int t = 0; t < count; t++) {
      System.arraycopy(bias, 0, sum, t * stride, stride);
      for (int k = 0; k < taps; k++) {
        kernel.multiplyAdd(input, (t + k) * stride, weight, k * stride, sum, t * stride, stride);
      }
    }
    kernel.sigmoid(sum, sigmoid, count * stride);
  }

  /** Adds the gradient of a sequence of x, and those of the weight and the bias to the tile's. */
  void backward(int sequence, Rows outputGradient, Rows xGradient) {
    int length = operands.path.steps();
    int taps = operands.taps;
    for (int start = 0; start < length; start += ScanTile.STEPS) {
      int count = Math.min(ScanTile.STEPS, length - start);
      read(sequence, start, count);
      convolve(count);
      toDerivative(sum, sigmoid, count * stride);
      outputGradient.gather(sequence, steps, columns, sigmoid, stride);
      multiply(sigmoid, sum, count * stride);
      Arrays.fill(inputGradient, 0, (count + taps - 1) * stride, 0f);
      for (int t = 0; t < count; t++) {
        int row = t * stride;
        for (int i = 0; i < stride; i++) {
          biasGradient[i] += sum[row + i];
        }
        for (int k = 0; k < taps; k++) {
          kernel.multiplyAdd(sum, row, weight, k * stride, inputGradient, row + k * stride, stride);
          kernel.multiplyAdd(sum, row, input, row + k * stride, weightGradient, k * stride, stride);
        }
      }
      xGradient.accumulate(sequence, inputSteps, inputColumns, inputGradient, stride, sigmoid);
    }
  }

  /** sum = SiLU'(sum). */
  private static void toDerivative(float[] sum, float[] sigmoid, int length) {
    for (int i = 0; i < length; i++) {
      float silu = sum[i] * sigmoid[i];
      sum[i] = sigmoid[i] + silu - silu * sigmoid[i];
    }
  }

  /**
   * The gradients of the weight, [tap][channel], and of the bias, to a row of (1, rows, (K+1) D).
   */
  void readParameterGradients(Rows to, int row) {
    int channels = operands.channels;
    for (int k = 0; k <= operands.taps; k++) {
      float[] values = k < operands.taps ? weightGradient : biasGradient;
      int from = k < operands.taps ? k * stride : 0;
      to.put(0, row, k * channels + columns.column(), columns.count(), values, from);
    }
  }
}
