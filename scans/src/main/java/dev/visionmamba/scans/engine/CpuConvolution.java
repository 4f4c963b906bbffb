package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.CausalConv1dArguments;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** One causal convolution on the CPU, cut into pieces as a scan is. */
final class CpuConvolution {
  private final ScanKernel kernel;
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
    this.arguments = arguments;
    this.batch = Math.toIntExact(arguments.x().array().getShape().get(0));
    this.channels = arguments.channels();
    this.taps = arguments.taps();
    this.path = arguments.path().order();
    this.x = Rows.of(arguments.x());
    this.weight = arguments.weight().toFloatArray();
    this.bias = arguments.bias() == null ? new float[channels] : arguments.bias().toFloatArray();
  }

  private List<Workers.Piece> pieces() {
    return Workers.pieces(batch, channels, kernel.lanes());
  }

  /** The forward pass. */
  NDArray forward() {
    NDArray output =
        arguments
            .x()
            .array()
            .getManager()
            .create(new Shape(batch, path.length, channels), DataType.FLOAT32);
    Rows y = Rows.of(output);
    Workers.run(
        pieces(),
        piece -> {
          Tile tile = new Tile(piece);
          for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
            tile.forward(sequence, y);
          }
        });
    return output;
  }

  /** The backward pass: the gradients of x's array, the weight and the bias. */
  NDList backward(NDArray outputGradient) {
    NDManager manager = outputGradient.getManager();
    NDList gradients = new NDList();
    for (NDArray array : arguments.arrays()) {
      gradients.add(manager.zeros(array.getShape(), array.getDataType()));
    }
    Rows outputRows = Rows.of(outputGradient);
    Rows xGradient = Rows.of(gradients.get(0)).from(arguments.x().from());
    List<Tile> tiles =
        Workers.map(
            pieces(),
            piece -> {
              Tile tile = new Tile(piece);
              for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
                tile.backward(sequence, outputRows, xGradient);
              }
              return tile;
            });
    FloatBuffer weightSum = Rows.floats(gradients.get(1));
    FloatBuffer biasSum = arguments.bias() == null ? null : Rows.floats(gradients.get(2));
    // In the order of the pieces, so that the sums are the same every time.
    tiles.forEach(tile -> tile.addTo(weightSum, biasSum));
    return gradients;
  }

  /** Some steps of a sequence in a piece's channels, and the steps before that they see. */
  private final class Tile {
    private final int from;
    private final int width;
    private final int stride;

    /** [tap][stride]. */
    private final float[] taps2d;

    private final float[] biasRow;
    private final float[] input;
    private final float[] sum;
    private final float[] sigmoid;
    private final float[] inputGradient;
    private final float[] weightGradient;
    private final float[] biasGradient;

    Tile(Workers.Piece piece) {
      from = piece.fromChannel();
      width = piece.toChannel() - from;
      stride = (width + kernel.lanes() - 1) / kernel.lanes() * kernel.lanes();
      taps2d = new float[taps * stride];
      biasRow = new float[stride];
      for (int i = 0; i < width; i++) {
        for (int k = 0; k < taps; k++) {
          taps2d[k * stride + i] = weight[(from + i) * taps + k];
        }
        biasRow[i] = bias[from + i];
      }
      int rows = ScanTile.STEPS * stride;
      input = new float[rows + (taps - 1) * stride];
      inputGradient = new float[input.length];
      sum = new float[rows];
      sigmoid = new float[rows];
      weightGradient = new float[taps * stride];
      biasGradient = new float[stride];
    }

    void forward(int sequence, Rows y) {
      for (int start = 0; start < path.length; start += ScanTile.STEPS) {
        int steps = Math.min(ScanTile.STEPS, path.length - start);
        convolve(sequence, start, steps);
        for (int i = 0; i < steps * stride; i++) {
          sum[i] *= sigmoid[i];
        }
        y.scatter(sequence, path, start, steps, from, width, sum, stride, 0);
      }
    }

    /** bias + sum over k of weight[k] x[t - (K-1) + k], and its sigmoid. */
    private void convolve(int sequence, int start, int steps) {
      int before = Math.min(taps - 1, start); // steps before the tile that it sees
      int missing = (taps - 1 - before) * stride; // zeros before the first token
      Arrays.fill(input, 0, missing, 0f);
      x.gather(sequence, path, start - before, steps + before, from, width, input, stride, missing);
      for (int t = 0; t < steps; t++) {
        System.arraycopy(biasRow, 0, sum, t * stride, stride);
        for (int k = 0; k < taps; k++) {
          kernel.multiplyAdd(input, (t + k) * stride, taps2d, k * stride, sum, t * stride, stride);
        }
      }
      kernel.sigmoid(sum, sigmoid, steps * stride);
    }

    void backward(int sequence, Rows outputGradient, Rows xGradient) {
      for (int start = 0; start < path.length; start += ScanTile.STEPS) {
        int steps = Math.min(ScanTile.STEPS, path.length - start);
        convolve(sequence, start, steps);
        for (int i = 0; i < steps * stride; i++) {
          float silu = sum[i] * sigmoid[i];
          sum[i] = sigmoid[i] + silu - silu * sigmoid[i]; // SiLU'
        }
        outputGradient.gather(sequence, path, start, steps, from, width, sigmoid, stride, 0);
        Arrays.fill(inputGradient, 0f);
        for (int t = 0; t < steps; t++) {
          int row = t * stride;
          for (int i = 0; i < stride; i++) {
            sum[row + i] *= sigmoid[row + i];
            biasGradient[i] += sum[row + i];
          }
          for (int k = 0; k < taps; k++) {
            kernel.multiplyAdd(
                sum, row, taps2d, k * stride, inputGradient, (t + k) * stride, stride);
            kernel.multiplyAdd(
                sum, row, input, (t + k) * stride, weightGradient, k * stride, stride);
          }
        }
        int before = Math.min(taps - 1, start);
        xGradient.accumulate(
            sequence,
            path,
            start - before,
            steps + before,
            from,
            width,
            inputGradient,
            stride,
            (taps - 1 - before) * stride,
            sigmoid);
      }
    }

    void addTo(FloatBuffer weightSum, FloatBuffer biasSum) {
      for (int i = 0; i < width; i++) {
        for (int k = 0; k < taps; k++) {
          int at = (from + i) * taps + k;
          weightSum.put(at, weightSum.get(at) + weightGradient[k * stride + i]);
        }
        if (biasSum != null) {
          biasSum.put(from + i, biasSum.get(from + i) + biasGradient[i]);
        }
      }
    }
  }
}
