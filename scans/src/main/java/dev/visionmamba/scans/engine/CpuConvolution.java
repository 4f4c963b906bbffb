package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.CausalConv1dArguments;
import java.nio.FloatBuffer;
import java.util.List;

/** One causal convolution on the CPU, cut into pieces as a scan is. */
final class CpuConvolution {
  private final ScanKernel kernel;
  private final boolean vector;
  private final CausalConv1dArguments arguments;
  private final int batch;
  private final int channels;
  private final int taps;
  private final int[] path;
  private final Rows x;
  private final float[] weight;
  private final float[] bias;

  CpuConvolution(ScanKernel kernel, CausalConv1dArguments arguments) {
    this.kernel = kernel;
    this.vector = kernel instanceof VectorKernel;
    this.arguments = arguments;
    this.batch = Math.toIntExact(arguments.x().array().getShape().get(0));
    this.channels = arguments.channels();
    this.taps = arguments.taps();
    this.path = arguments.path().order();
    this.x = Rows.of(arguments.x(), vector);
    this.weight = arguments.weight().toFloatArray();
    this.bias = arguments.bias() == null ? null : arguments.bias().toFloatArray();
  }

  /** The forward pass. */
  NDArray forward() {
    NDArray output =
        arguments
            .x()
            .array()
            .getManager()
            .create(new Shape(batch, path.length, channels), DataType.FLOAT32);
    Rows y = Rows.of(output, vector);
    Workers.run(
        pieces(),
        piece -> {
          ConvolutionBlock block = new ConvolutionBlock(kernel.lanes(), taps);
          block.y = y;
          for (int i = piece.fromBlock(); i < piece.toBlock(); i++) {
            load(block, i);
            for (block.batch = piece.fromItem(); block.batch < piece.toItem(); block.batch++) {
              kernel.convolve(block);
            }
          }
        });
    return output;
  }

  /** The backward pass: the gradients of x's array, the weight and the bias. */
  NDList backward(NDArray outputGradient) {
    GradientRows gradients =
        new GradientRows(arguments.arrays(), outputGradient.getManager(), vector);
    Rows outputRows = Rows.of(outputGradient, vector);
    Rows xGradient = gradients.of(arguments.x());
    List<float[][]> shared = Workers.map(pieces(), piece -> backward(piece, outputRows, xGradient));
    FloatBuffer weightSum = gradients.floats(arguments.weight());
    FloatBuffer biasSum = arguments.bias() == null ? null : gradients.floats(arguments.bias());
    // In the order of the pieces, so that the sums are the same every time.
    for (float[][] piece : shared) {
      for (int i = 0; i < piece[0].length; i++) {
        weightSum.put(i, weightSum.get(i) + piece[0][i]);
      }
      for (int i = 0; biasSum != null && i < channels; i++) {
        biasSum.put(i, biasSum.get(i) + piece[1][i]);
      }
    }
    return gradients.arrays();
  }

  /** Gives the piece's share of the gradients of the weight, (D, K), and of the bias, (D). */
  private float[][] backward(Workers.Piece piece, Rows outputGradient, Rows xGradient) {
    int lanes = kernel.lanes();
    float[] weightGradient = new float[channels * taps];
    float[] biasGradient = new float[channels];
    ConvolutionBlock block = new ConvolutionBlock(lanes, taps);
    block.outputGradient = outputGradient;
    block.xGradient = xGradient;
    for (int i = piece.fromBlock(); i < piece.toBlock(); i++) {
      load(block, i);
      block.weightGradient = new float[taps * lanes];
      block.biasGradient = new float[lanes];
      for (block.batch = piece.fromItem(); block.batch < piece.toItem(); block.batch++) {
        kernel.convolveBackward(block);
      }
      for (int lane = 0; lane < block.width; lane++) {
        for (int k = 0; k < taps; k++) {
          weightGradient[(block.channel + lane) * taps + k] =
              block.weightGradient[k * lanes + lane];
        }
        biasGradient[block.channel + lane] = block.biasGradient[lane];
      }
    }
    return new float[][] {weightGradient, biasGradient};
  }

  private List<Workers.Piece> pieces() {
    return Workers.pieces(batch, (channels + kernel.lanes() - 1) / kernel.lanes());
  }

  private void load(ConvolutionBlock block, int index) {
    block.path = path;
    block.x = x;
    block.channel = index * block.lanes;
    block.width = Math.min(block.lanes, channels - block.channel);
    for (int lane = 0; lane < block.width; lane++) {
      for (int k = 0; k < taps; k++) {
        block.weight[k * block.lanes + lane] = weight[(block.channel + lane) * taps + k];
      }
      block.bias[lane] = bias == null ? 0f : bias[block.channel + lane];
    }
  }
}
