package dev.visionmamba.scans.engine;

/** A block of neighbouring channels of one sequence under a causal convolution. */
final class ConvolutionBlock {
  final int lanes;
  int batch;
  int channel;
  int width;
  int taps;
  int[] path;
  Rows x;
  Rows y;

  /** The filters, [tap][lane], and the bias, [lane]. */
  final float[] weight;

  final float[] bias;

  // For the backward pass.
  Rows outputGradient;
  Rows xGradient;
  float[] weightGradient;
  float[] biasGradient;

  ConvolutionBlock(int lanes, int taps) {
    this.lanes = lanes;
    this.taps = taps;
    weight = new float[taps * lanes];
    bias = new float[lanes];
  }
}
