package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.SelectiveScanArguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One selective scan on the CPU: how its work is cut into independent pieces and handed to a
 * kernel. A piece is one sequence and a range of channel blocks, with all directions, so that no
 * two pieces write the same element of the output.
 */
final class CpuScan {
  private static final float LOG2E = 1.442695040888963f;

  private final ScanKernel kernel;
  private final boolean vector;
  private final SelectiveScanArguments arguments;
  private final List<ScanDirection> directions;
  private final int batch;
  private final int tokens;
  private final int channels;
  private final List<Operands> operands = new ArrayList<>();
  private final Rows gate;
  private final int[] blocks;

  CpuScan(ScanKernel kernel, SelectiveScanArguments arguments) {
    this.kernel = kernel;
    this.vector = kernel instanceof VectorKernel;
    this.arguments = arguments;
    this.directions = arguments.directions();
    this.batch = arguments.batch();
    this.tokens = arguments.tokens();
    this.channels = arguments.channels();
    for (ScanDirection direction : directions) {
      operands.add(new Operands(direction, vector));
    }
    this.gate = arguments.gate() == null ? null : Rows.of(arguments.gate(), vector);
    this.blocks = blockStarts();
  }

  /** What the pieces of one direction share. */
  private static final class Operands {
    final ScanDirection direction;
    final int[] path;
    final int[] parameterPath;
    final Rows u;
    final Rows delta;
    final Rows b;
    final Rows c;
    final float[] a;
    final float[] d;
    final float[] bias;

    Operands(ScanDirection direction, boolean vector) {
      this.direction = direction;
      path = direction.path().order();
      parameterPath = direction.parameterPath().order();
      u = Rows.of(direction.u(), vector);
      delta = Rows.of(direction.delta(), vector);
      b = Rows.of(direction.b(), vector);
      c = Rows.of(direction.c(), vector);
      a = direction.a().toFloatArray();
      d = direction.d() == null ? null : direction.d().toFloatArray();
      bias = direction.deltaBias() == null ? null : direction.deltaBias().toFloatArray();
    }

    int states() {
      return direction.stateSize();
    }

    int group(int channel) {
      return channel / (direction.channels() / direction.groups());
    }

    /** Points a block at some channels of a sequence and fills its per-channel operands. */
    void load(ScanBlock block, int sequence, int channel, int width) {
      block.batch = sequence;
      block.channel = channel;
      block.width = width;
      int states = states();
      for (int n = 0; n < states; n++) {
        for (int i = 0; i < width; i++) {
          block.logDecay[n * block.lanes + i] = a[(channel + i) * states + n] * LOG2E;
        }
      }
      for (int i = 0; i < width; i++) {
        block.skip[i] = d == null ? 0f : d[channel + i];
        block.bias[i] = bias == null ? 0f : bias[channel + i];
      }
    }

    /** Prepares a block for this direction. */
    void attach(ScanBlock block, boolean softplus) {
      block.path = path;
      block.parameterPath = parameterPath;
      block.u = u;
      block.delta = delta;
      block.states = states();
      block.softplus = softplus;
    }

    /** Some rows' columns of one group, in the order of the path: [step][state]. */
    float[] stage(Rows rows, int sequence, int group) {
      int states = states();
      float[] staged = new float[parameterPath.length * states];
      for (int t = 0; t < parameterPath.length; t++) {
        rows.floats.get(
            rows.at(sequence, parameterPath[t], group * states), staged, t * states, states);
      }
      return staged;
    }
  }

  /** Where blocks begin: no block crosses the border of a group of any direction. */
  private int[] blockStarts() {
    boolean[] border = new boolean[channels + 1];
    for (ScanDirection direction : directions) {
      for (int i = 0; i < channels; i += channels / direction.groups()) {
        border[i] = true;
      }
    }
    List<Integer> starts = new ArrayList<>();
    int last = 0;
    for (int i = 0; i < channels; i++) {
      if (border[i] || i - last == kernel.lanes()) {
        starts.add(i);
        last = i;
      }
    }
    starts.add(channels);
    return starts.stream().mapToInt(Integer::intValue).toArray();
  }

  private int maxStates() {
    return directions.stream().mapToInt(ScanDirection::stateSize).max().orElseThrow();
  }

  /** The forward pass. */
  ScanResult forward(boolean keepLastState) {
    NDArray first = directions.get(0).u().array();
    NDArray output = first.getManager().zeros(new Shape(batch, tokens, channels), DataType.FLOAT32);
    Rows y = Rows.of(output, vector);
    List<NDArray> lastStates = new ArrayList<>();
    List<Rows> lastStateRows = new ArrayList<>();
    if (keepLastState) {
      for (ScanDirection direction : directions) {
        NDArray last = first.getManager().zeros(new Shape(batch, channels, direction.stateSize()));
        lastStates.add(last);
        lastStateRows.add(Rows.of(last, false));
      }
    }
    Workers.run(
        Workers.pieces(batch, blocks.length - 1),
        piece -> {
          for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
            forward(sequence, piece, y, lastStateRows, null);
            finish(sequence, piece, y);
          }
        });
    return new ScanResult(output, lastStates);
  }

  /** All directions of a range of blocks; checkpoints are [direction][block] or null. */
  private void forward(
      int sequence, Workers.Piece piece, Rows y, List<Rows> lastStates, float[][][] checkpoints) {
    ScanBlock block = new ScanBlock(kernel.lanes(), maxStates(), false);
    block.y = y;
    for (int k = 0; k < operands.size(); k++) {
      Operands direction = operands.get(k);
      direction.attach(block, arguments.deltaSoftplus());
      int group = -1;
      for (int i = piece.fromBlock(); i < piece.toBlock(); i++) {
        direction.load(block, sequence, blocks[i], blocks[i + 1] - blocks[i]);
        if (direction.group(blocks[i]) != group) {
          group = direction.group(blocks[i]);
          block.b = direction.stage(direction.b, sequence, group);
          block.c = direction.stage(direction.c, sequence, group);
        }
        block.checkpoints = checkpoints == null ? null : checkpoints[k][i - piece.fromBlock()];
        Arrays.fill(block.state, 0f);
        kernel.forward(block);
        if (!lastStates.isEmpty()) {
          keepState(block, lastStates.get(k));
        }
      }
    }
  }

  private static void keepState(ScanBlock block, Rows lastState) {
    for (int i = 0; i < block.width; i++) {
      for (int n = 0; n < block.states; n++) {
        lastState.floats.put(
            lastState.at(block.batch, block.channel + i, n), block.state[n * block.lanes + i]);
      }
    }
  }

  /** Scales and gates the merged output. */
  private void finish(int sequence, Workers.Piece piece, Rows y) {
    if (gate == null && arguments.scale() == 1f) {
      return;
    }
    int from = blocks[piece.fromBlock()];
    int width = blocks[piece.toBlock()] - from;
    for (int token = 0; token < tokens; token++) {
      kernel.gate(y, gate, arguments.scale(), sequence, token, from, width);
    }
  }

  /** The backward pass: one gradient for each of the arguments' arrays. */
  NDList backward(NDArray outputGradient) {
    NDManager manager = outputGradient.getManager();
    GradientRows gradients = new GradientRows(arguments.arrays(), manager, vector);
    // Holds the merged output before its gate, then that output's gradient.
    try (NDArray merged = manager.zeros(new Shape(batch, tokens, channels), DataType.FLOAT32)) {
      Rows mergedRows = Rows.of(merged, vector);
      Rows outputRows = Rows.of(outputGradient, vector);
      List<List<ScanGradient>> shared =
          Workers.map(
              Workers.pieces(batch, blocks.length - 1),
              piece -> backward(piece, mergedRows, outputRows, gradients));
      // In the order of the pieces, so that the sums are the same every time.
      for (List<ScanGradient> piece : shared) {
        for (ScanGradient gradient : piece) {
          gradient.addToB(gradients);
          gradient.addToA(gradients);
        }
      }
    }
    return gradients.arrays();
  }

  private List<ScanGradient> backward(
      Workers.Piece piece, Rows merged, Rows outputGradient, GradientRows gradients) {
    int lanes = kernel.lanes();
    int count = piece.toBlock() - piece.fromBlock();
    List<ScanGradient> shared = new ArrayList<>();
    float[][][] checkpoints = new float[operands.size()][count][];
    for (int k = 0; k < operands.size(); k++) {
      Operands operand = operands.get(k);
      shared.add(new ScanGradient(operand.direction, piece, blocks, lanes));
      int length = ScanBlock.chunks(operand.path.length) * operand.states() * lanes;
      for (int i = 0; i < count; i++) {
        checkpoints[k][i] = new float[length];
      }
    }
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      forward(sequence, piece, merged, List.of(), checkpoints);
      finishBackward(sequence, piece, merged, outputGradient, gradients);
      for (int k = 0; k < operands.size(); k++) {
        backward(
            sequence, piece, operands.get(k), merged, gradients, checkpoints[k], shared.get(k));
      }
    }
    return shared;
  }

  /** Replaces the merged output by its gradient. */
  private void finishBackward(
      int sequence, Workers.Piece piece, Rows merged, Rows outputGradient, GradientRows gradients) {
    int from = blocks[piece.fromBlock()];
    int width = blocks[piece.toBlock()] - from;
    Rows gateGradient = gate == null ? null : gradients.of(arguments.gate());
    for (int token = 0; token < tokens; token++) {
      kernel.gateBackward(
          merged,
          gate,
          outputGradient,
          gateGradient,
          arguments.scale(),
          sequence,
          token,
          from,
          width);
    }
  }

  private void backward(
      int sequence,
      Workers.Piece piece,
      Operands operand,
      Rows merged,
      GradientRows gradients,
      float[][] checkpoints,
      ScanGradient shared) {
    int lanes = kernel.lanes();
    int states = operand.states();
    ScanBlock block = new ScanBlock(lanes, states, true);
    operand.attach(block, arguments.deltaSoftplus());
    block.outputGradient = merged;
    block.uGradient = gradients.of(operand.direction.u());
    block.deltaGradient = gradients.of(operand.direction.delta());
    float[][] stateGradients = new float[checkpoints.length][states * lanes];
    int end;
    for (int start = piece.fromBlock(); start < piece.toBlock(); start = end) {
      int group = operand.group(blocks[start]);
      end = start;
      while (end < piece.toBlock() && operand.group(blocks[end]) == group) {
        end++;
      }
      block.b = operand.stage(operand.b, sequence, group);
      block.c = operand.stage(operand.c, sequence, group);
      for (int chunk = ScanBlock.chunks(operand.path.length) - 1; chunk >= 0; chunk--) {
        Arrays.fill(block.bGradient, 0f);
        Arrays.fill(block.cGradient, 0f);
        for (int i = start; i < end; i++) {
          int j = i - piece.fromBlock();
          operand.load(block, sequence, blocks[i], blocks[i + 1] - blocks[i]);
          block.checkpoints = checkpoints[j];
          block.stateGradient = stateGradients[j];
          block.aGradient = shared.a[j];
          block.skipGradient = shared.skip[j];
          block.biasGradient = shared.bias[j];
          kernel.backward(block, chunk);
        }
        int first = chunk * ScanBlock.CHUNK;
        int count = Math.min(ScanBlock.CHUNK, operand.path.length - first) * states;
        sumLanes(
            block.bGradient, shared.b[sequence - piece.fromItem()][group], first * states, count);
        sumLanes(
            block.cGradient, shared.c[sequence - piece.fromItem()][group], first * states, count);
      }
    }
  }

  /** Adds each row of lanes to one element of the sums. */
  private void sumLanes(float[] values, float[] sums, int from, int count) {
    int lanes = kernel.lanes();
    for (int i = 0; i < count; i++) {
      float sum = 0f;
      for (int lane = 0; lane < lanes; lane++) {
        sum += values[i * lanes + lane];
      }
      sums[from + i] += sum;
    }
  }
}
