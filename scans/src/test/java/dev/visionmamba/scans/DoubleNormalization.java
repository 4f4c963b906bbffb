package dev.visionmamba.scans;

/**
 * The norms as their equations read, in double precision and plain loops: what the engines are
 * judged by. It shares nothing with them.
 */
final class DoubleNormalization {
  private final NormalizationArguments arguments;
  private final int channels;

  /** Values to be changed at will: of x, the weight, the bias and the gate's whole array. */
  final double[] x;

  final double[] weight;
  final double[] bias;
  final double[] gate;

  DoubleNormalization(NormalizationArguments arguments) {
    this.arguments = arguments;
    this.channels = arguments.channels();
    this.x = DoubleScan.doubles(arguments.x());
    this.weight = DoubleScan.doubles(arguments.weight());
    this.bias = arguments.bias() == null ? null : DoubleScan.doubles(arguments.bias());
    this.gate = arguments.gate() == null ? null : DoubleScan.doubles(arguments.gate().array());
  }

  /** Of the shape of x. */
  double[] output() {
    double[] output = new double[x.length];
    for (int token = 0; token < x.length / channels; token++) {
      int row = token * channels;
      double mean = mean(row);
      double scale = scale(row);
      for (int j = 0; j < channels; j++) {
        double y = (x[row + j] - mean) * scale * weight[j] + (bias == null ? 0 : bias[j]);
        output[row + j] = gate == null ? y : y * silu(gate[gateAt(token, j)]);
      }
    }
    return output;
  }

  /** What an output's rounding is measured by: the terms that it is the sum of. */
  double[] magnitudes() {
    double[] magnitudes = new double[x.length];
    for (int token = 0; token < x.length / channels; token++) {
      double mean = mean(token * channels);
      double scale = scale(token * channels);
      for (int j = 0; j < channels; j++) {
        double of = Math.abs(x[token * channels + j]) + Math.abs(mean);
        double terms = of * scale * Math.abs(weight[j]) + (bias == null ? 0 : Math.abs(bias[j]));
        double factor = gate == null ? 1 : Math.abs(silu(gate[gateAt(token, j)]));
        magnitudes[token * channels + j] = terms * factor;
      }
    }
    return magnitudes;
  }

  private double mean(int row) {
    double sum = 0;
    for (int j = 0; j < channels; j++) {
      sum += x[row + j];
    }
    return bias == null ? 0 : sum / channels;
  }

  private double scale(int row) {
    double mean = mean(row);
    double squares = 0;
    for (int j = 0; j < channels; j++) {
      squares += (x[row + j] - mean) * (x[row + j] - mean);
    }
    return 1 / Math.sqrt(squares / channels + arguments.epsilon());
  }

  private int gateAt(int token, int channel) {
    int width = (int) arguments.gate().array().getShape().get(2);
    return token * width + arguments.gate().from() + channel;
  }

  private static double silu(double v) {
    return v / (1 + Math.exp(-v));
  }
}
