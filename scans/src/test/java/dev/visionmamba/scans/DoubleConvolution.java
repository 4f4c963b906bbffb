package dev.visionmamba.scans;

/**
 * The causal convolution as its equation reads, in double precision and plain loops: what the
 * engines are judged by. It shares nothing with them.
 */
final class DoubleConvolution {
  private final CausalConv1dArguments arguments;
  private final int batch;
  private final int tokens;
  private final int channels;
  private final int width;

  /** Values to be changed at will: of x's whole array, the weight and the bias if there is one. */
  final double[] x;

  final double[] weight;
  final double[] bias;

  DoubleConvolution(CausalConv1dArguments arguments) {
    this.arguments = arguments;
    this.batch = (int) arguments.x().array().getShape().get(0);
    this.tokens = arguments.path().tokens();
    this.channels = arguments.channels();
    this.width = (int) arguments.x().array().getShape().get(2);
    this.x = DoubleScan.doubles(arguments.x().array());
    this.weight = DoubleScan.doubles(arguments.weight());
    this.bias = arguments.bias() == null ? null : DoubleScan.doubles(arguments.bias());
  }

  /** (B, L, D). */
  double[] output() {
    int taps = arguments.taps();
    double[] output = new double[batch * tokens * channels];
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int t = 0; t < tokens; t++) {
        for (int channel = 0; channel < channels; channel++) {
          double sum = bias == null ? 0 : bias[channel];
          for (int k = 0; k < taps; k++) {
            int step = t - (taps - 1) + k;
            if (step >= 0) {
              int token = arguments.path().token(step);
              int column = arguments.x().from() + channel;
              sum += weight[channel * taps + k] * x[(sequence * tokens + token) * width + column];
            }
          }
          int token = arguments.path().token(t);
          output[(sequence * tokens + token) * channels + channel] = sum / (1 + Math.exp(-sum));
        }
      }
    }
    return output;
  }
}
