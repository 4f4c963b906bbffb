package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.engine.ConvolutionTile.Operands;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Supplier;

/** One causal convolution on the CPU, cut into pieces as a scan is. */
final class CpuConvolution {
  private final Supplier<Workspace> workspaces;
  private final CausalConv1dArguments arguments;
  private final Operands operands;
  private final int batch;
  private final List<Workers.Piece> pieces;

  CpuConvolution(Supplier<Workspace> workspaces, int lanes, CausalConv1dArguments arguments) {
    this.workspaces = workspaces;
    this.arguments = arguments;
    this.operands = new Operands(arguments);
    this.batch = Math.toIntExact(arguments.x().array().getShape().get(0));
    double nanos = (double) arguments.path().steps() * arguments.channels();
    this.pieces = Workers.pieces(batch, arguments.channels(), lanes, 1, nanos);
  }

  /** The forward pass. */
  NDArray forward() {
    Shape shape = new Shape(batch, arguments.path().tokens(), arguments.channels());
    NDArray output =
        arguments.x().array().getManager().create(shape, DataType.FLOAT32, Device.cpu());
    Rows y = Rows.of(output);
    Workers.run(
        pieces,
        piece -> {
          ConvolutionTile tile = open(piece, false);
          for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
            tile.forward(sequence, y);
          }
        });
    return output;
  }

  /** The calling thread's tile, ready for a piece's channels. */
  private ConvolutionTile open(Workers.Piece piece, boolean backward) {
    ConvolutionTile tile = workspaces.get().convolution();
    tile.open(operands, piece.fromChannel(), piece.toChannel(), backward);
    return tile;
  }

  /** The backward pass: adds to the gradients of x's array, the weight and the bias. */
  void backward(NDArray outputGradient, NDList gradients) {
    NDManager manager = outputGradient.getManager();
    Rows outputRows = Rows.of(outputGradient);
    Rows xGradient = Rows.of(gradients.get(0)).from(arguments.x().from());
    int columns = arguments.channels() * (arguments.taps() + 1);
    try (NDArray partial =
        manager.zeros(
            new Shape(1, Math.max(1, pieces.size()), columns), DataType.FLOAT32, Device.cpu())) {
      Rows partialRows = Rows.of(partial);
      Workers.run(
          pieces,
          piece -> {
            ConvolutionTile tile = open(piece, true);
            for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
              tile.backward(sequence, outputRows, xGradient);
            }
            tile.readParameterGradients(partialRows, piece.index());
          });
      addPieces(Rows.floats(partial), gradients);
    }
  }

  /** In the order of the pieces, so that the sums are the same every time. */
  private void addPieces(FloatBuffer partial, NDList gradients) {
    int channels = arguments.channels();
    int taps = arguments.taps();
    FloatBuffer weight = Rows.floats(gradients.get(1));
    FloatBuffer bias = arguments.bias() == null ? null : Rows.floats(gradients.get(2));
    for (int i = 0; i < pieces.size(); i++) {
      int row = i * channels * (taps + 1);
      for (int channel = 0; channel < channels; channel++) {
        for (int k = 0; k < taps; k++) {
          int at = channel * taps + k;
          weight.put(at, weight.get(at) + partial.get(row + k * channels + channel));
        }
        if (bias != null) {
          bias.put(channel, bias.get(channel) + partial.get(row + taps * channels + channel));
        }
      }
    }
  }
}
