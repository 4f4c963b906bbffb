package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.engine.DirectionScan.Operands;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The gradients of a direction's operands that several pieces of work add to: each piece has its
 * own, and they are summed in the order of the pieces, so that the sums are the same every time. B,
 * C and what the step sizes are projected from are shared by pieces of other channels, A, D, the
 * delta bias and the delta weight by pieces of other sequences.
 */
final class PartialGradients {
  private final List<Workers.Piece> pieces;
  private final Operands operands;
  private final int batch;
  private final int channelParts;
  private final OperandGradients whole;
  private final DirectionScan.Gradients own;
  private final NDArray parameters;
  private final Rows parameterRows;

  /**
   * Room for the gradients of some pieces.
   *
   * @param manager where they are kept, closed when they have been added
   * @param whole what they are added to
   */
  PartialGradients(
      NDManager manager, List<Workers.Piece> pieces, Operands operands, OperandGradients whole) {
    this.pieces = pieces;
    this.operands = operands;
    this.whole = whole;
    this.batch = pieces.stream().mapToInt(Workers.Piece::toItem).max().orElse(0);
    this.channelParts = pieces.stream().mapToInt(Workers.Piece::channelPart).max().orElse(0) + 1;
    int states = operands.groups * operands.states;
    boolean projected = operands.rank > 0;
    this.own =
        channelParts == 1
            ? new DirectionScan.Gradients(whole.u(), whole.delta(), whole.b(), whole.c())
            : new DirectionScan.Gradients(
                whole.u(),
                projected ? parts(manager, operands.rank) : whole.delta(),
                parts(manager, states),
                parts(manager, states));
    long columns = (long) operands.channels * (operands.states + 2 + operands.rank);
    this.parameters = manager.zeros(new Shape(1, Math.max(1, pieces.size()), columns));
    this.parameterRows = Rows.of(parameters);
  }

  /** Zeros for every part of the channels. */
  private Rows parts(NDManager manager, int columns) {
    long sequences = (long) channelParts * batch;
    return Rows.of(manager.zeros(new Shape(sequences, operands.parameterPath.tokens(), columns)));
  }

  /** What pieces add to: u and, if it is given, delta themselves, and their own of the rest. */
  DirectionScan.Gradients own() {
    return own;
  }

  /** Which sequence of its own a piece adds to. */
  int sequence(Workers.Piece piece, int sequence) {
    return piece.channelPart() * batch + sequence;
  }

  /** Keeps what a piece has summed of A, D and the bias. */
  void keepParameters(Workers.Piece piece, DirectionScan scan) {
    scan.readParameterGradients(parameterRows, piece.index());
  }

  /** Adds what the pieces have kept to the whole. */
  void addUp() {
    if (channelParts > 1) {
      int states = operands.groups * operands.states;
      addParts(own.b(), whole.b(), states);
      addParts(own.c(), whole.c(), states);
      if (operands.rank > 0) {
        addParts(own.delta(), whole.delta(), operands.rank);
      }
    }
    FloatBuffer values = Rows.floats(parameters);
    int channels = operands.channels;
    int matrix = channels * operands.states;
    for (int i = 0; i < pieces.size(); i++) {
      int weight = channels * operands.rank;
      int row = i * (matrix + 2 * channels + weight);
      add(values, row, matrix, whole.a());
      add(values, row + matrix, channels, whole.d());
      add(values, row + matrix + channels, channels, whole.deltaBias());
      add(values, row + matrix + 2 * channels, weight, whole.deltaWeight());
    }
  }

  private void addParts(Rows parts, Rows sum, int columns) {
    float[] part = new float[columns];
    float[] total = new float[columns];
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int t = 0; t < operands.parameterPath.steps(); t++) {
        int token = operands.parameterPath.token(t);
        sum.get(sequence, token, 0, columns, total, 0);
        for (int i = 0; i < channelParts; i++) {
          parts.get(i * batch + sequence, token, 0, columns, part, 0);
          for (int n = 0; n < columns; n++) {
            total[n] += part[n];
          }
        }
        sum.put(sequence, token, 0, columns, total, 0);
      }
    }
  }

  /** Adds to the direction's rows of a gradient; null for none. */
  private void add(FloatBuffer values, int from, int count, NDArray gradient) {
    if (gradient == null) {
      return;
    }
    FloatBuffer sum = Rows.floats(gradient).slice(operands.index * count, count);
    for (int i = 0; i < count; i++) {
      sum.put(i, sum.get(i) + values.get(from + i));
    }
  }
}
