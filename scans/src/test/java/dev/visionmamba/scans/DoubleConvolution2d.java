package dev.visionmamba.scans;

/**
 * The depthwise convolution as its equation reads, in double precision and plain loops: what the
 * engines are judged by. It shares nothing with them.
 */
final class DoubleConvolution2d {
  private final DepthwiseConv2dArguments arguments;
  private final int batch;
  private final int channels;
  private final int columns;

  /** Values to be changed at will: of x's whole array, the weight and the bias if there is one. */
  final double[] x;

  final double[] weight;
  final double[] bias;

  DoubleConvolution2d(DepthwiseConv2dArguments arguments) {
    this.arguments = arguments;
    this.batch = (int) arguments.x().array().getShape().get(0);
    this.channels = arguments.channels();
    this.columns = (int) arguments.x().array().getShape().get(2);
    this.x = DoubleScan.doubles(arguments.x().array());
    this.weight = DoubleScan.doubles(arguments.weight());
    this.bias = arguments.bias() == null ? null : DoubleScan.doubles(arguments.bias());
  }

  /** (B, H*W, D). */
  double[] output() {
    int tokens = arguments.height() * arguments.width();
    double[] output = new double[batch * tokens * channels];
    for (int i = 0; i < output.length; i++) {
      int channel = i % channels;
      int token = i / channels % tokens;
      int first = i / channels / tokens * tokens;
      double sum = bias == null ? 0 : bias[channel];
      sum += products(first, token / arguments.width(), token % arguments.width(), channel);
      output[i] = sum / (1 + Math.exp(-sum));
    }
    return output;
  }

  /** The sum over a filter that is centred on a place of a map. */
  private double products(int first, int row, int column, int channel) {
    int kernel = (int) arguments.weight().getShape().get(2);
    double sum = 0;
    for (int i = 0; i < kernel; i++) {
      for (int j = 0; j < kernel; j++) {
        int h = row + i - kernel / 2;
        int w = column + j - kernel / 2;
        if (h >= 0 && h < arguments.height() && w >= 0 && w < arguments.width()) {
          int token = first + h * arguments.width() + w;
          sum +=
              weight[(channel * kernel + i) * kernel + j]
                  * x[token * columns + arguments.x().from() + channel];
        }
      }
    }
    return sum;
  }
}
