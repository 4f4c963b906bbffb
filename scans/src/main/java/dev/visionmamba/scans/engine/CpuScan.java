package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.engine.DirectionScan.DirectionRows;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One selective scan on the CPU: how its work is cut into independent pieces. A piece is some
 * sequences and a range of channels, with all directions, so that no two pieces write the same
 * element of the output.
 */
final class CpuScan {
  private final ScanKernel kernel;
  private final SelectiveScanArguments arguments;
  private final List<ScanDirection> directions;
  private final int batch;
  private final int tokens;
  private final int channels;
  private final List<DirectionRows> rows = new ArrayList<>();
  private final Rows gate;

  CpuScan(ScanKernel kernel, SelectiveScanArguments arguments) {
    this.kernel = kernel;
    this.arguments = arguments;
    this.directions = arguments.directions();
    this.batch = arguments.batch();
    this.tokens = arguments.tokens();
    this.channels = arguments.channels();
    for (ScanDirection direction : directions) {
      rows.add(new DirectionRows(direction));
    }
    this.gate = arguments.gate() == null ? null : Rows.of(arguments.gate());
  }

  private List<Workers.Piece> pieces() {
    return Workers.pieces(batch, channels, kernel.lanes());
  }

  private List<DirectionScan> scans(Workers.Piece piece, boolean backward) {
    List<DirectionScan> scans = new ArrayList<>();
    for (DirectionRows direction : rows) {
      scans.add(
          new DirectionScan(
              kernel,
              direction,
              arguments.deltaSoftplus(),
              piece.fromChannel(),
              piece.toChannel(),
              backward));
    }
    return scans;
  }

  /** The forward pass. */
  ScanResult forward(boolean keepLastState) {
    NDManager manager = directions.get(0).u().array().getManager();
    NDArray output = manager.zeros(new Shape(batch, tokens, channels), DataType.FLOAT32);
    Rows y = Rows.of(output);
    List<NDArray> lastStates = new ArrayList<>();
    List<Rows> lastStateRows = new ArrayList<>();
    if (keepLastState) {
      for (ScanDirection direction : directions) {
        NDArray last = manager.zeros(new Shape(batch, channels, direction.stateSize()));
        lastStates.add(last);
        lastStateRows.add(Rows.of(last));
      }
    }
    Workers.run(
        pieces(),
        piece -> {
          List<DirectionScan> scans = scans(piece, false);
          GateTile tile = new GateTile(kernel, tokens, piece);
          for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
            for (int k = 0; k < scans.size(); k++) {
              scans.get(k).forward(sequence, y);
              if (keepLastState) {
                keepState(scans.get(k), sequence, lastStateRows.get(k));
              }
            }
            if (gate != null || arguments.scale() != 1f) {
              tile.forward(sequence, y, gate, arguments.scale());
            }
          }
        });
    return new ScanResult(output, lastStates);
  }

  private void keepState(DirectionScan scan, int sequence, Rows lastState) {
    int count = kernel.lanes();
    for (ScanLanes lane : scan.lanes()) {
      for (int i = 0; i < lane.width; i++) {
        for (int n = 0; n < lane.state.length / count; n++) {
          lastState.put(sequence, lane.channel + i, n, lane.state[n * count + i]);
        }
      }
    }
  }

  /** The backward pass: one gradient for each of the arguments' arrays. */
  NDList backward(NDArray outputGradient) {
    NDManager manager = outputGradient.getManager();
    NDList arrays = arguments.arrays();
    NDList gradients = new NDList();
    Map<NDArray, NDArray> gradientOf = new IdentityHashMap<>();
    for (NDArray array : arrays) {
      NDArray gradient = manager.zeros(array.getShape(), array.getDataType());
      gradients.add(gradient);
      gradientOf.put(array, gradient);
    }
    List<DirectionGradients> directionGradients = new ArrayList<>();
    for (ScanDirection direction : directions) {
      directionGradients.add(new DirectionGradients(direction, gradientOf));
    }
    Rows gateGradient = gate == null ? null : rowsOf(gradientOf, arguments.gate());
    // Holds the merged output before its gate, then that output's gradient.
    try (NDArray merged = manager.zeros(new Shape(batch, tokens, channels), DataType.FLOAT32)) {
      Rows mergedRows = Rows.of(merged);
      Rows outputRows = Rows.of(outputGradient);
      List<Shared> shared =
          Workers.map(
              pieces(),
              piece -> backward(piece, mergedRows, outputRows, gateGradient, directionGradients));
      // In the order of the pieces, so that the sums are the same every time.
      for (Shared piece : shared) {
        for (int k = 0; k < directions.size(); k++) {
          directionGradients.get(k).add(piece.scans().get(k), piece.parameters().get(k));
        }
      }
    }
    return gradients;
  }

  private static Rows rowsOf(Map<NDArray, NDArray> gradientOf, Columns columns) {
    return Rows.of(gradientOf.get(columns.array())).from(columns.from());
  }

  /** What a piece has learned of gradients that other pieces add to as well, by direction. */
  private record Shared(List<DirectionScan> scans, List<ParameterGradients> parameters) {}

  private Shared backward(
      Workers.Piece piece,
      Rows merged,
      Rows outputGradient,
      Rows gateGradient,
      List<DirectionGradients> gradients) {
    List<DirectionScan> scans = scans(piece, true);
    GateTile tile = new GateTile(kernel, tokens, piece);
    List<ParameterGradients> parameters = new ArrayList<>();
    for (DirectionRows direction : rows) {
      parameters.add(
          new ParameterGradients(
              piece.fromItem(),
              piece.toItem() - piece.fromItem(),
              direction.parameterPath,
              direction.groups,
              direction.states));
    }
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      for (DirectionScan scan : scans) {
        scan.forward(sequence, merged);
      }
      tile.backward(sequence, merged, gate, arguments.scale(), outputGradient, gateGradient);
      for (int k = 0; k < scans.size(); k++) {
        DirectionGradients direction = gradients.get(k);
        scans.get(k).backward(sequence, merged, direction.u, direction.delta, parameters.get(k));
      }
    }
    return new Shared(scans, parameters);
  }

  /** Where the gradients of a direction's operands go. */
  private final class DirectionGradients {
    final Rows u;
    final Rows delta;
    final Rows b;
    final Rows c;
    final FloatBuffer a;
    final FloatBuffer d;
    final FloatBuffer bias;

    DirectionGradients(ScanDirection direction, Map<NDArray, NDArray> gradientOf) {
      u = rowsOf(gradientOf, direction.u());
      delta = rowsOf(gradientOf, direction.delta());
      b = rowsOf(gradientOf, direction.b());
      c = rowsOf(gradientOf, direction.c());
      a = Rows.floats(gradientOf.get(direction.a()));
      d = direction.d() == null ? null : Rows.floats(gradientOf.get(direction.d()));
      bias =
          direction.deltaBias() == null ? null : Rows.floats(gradientOf.get(direction.deltaBias()));
    }

    void add(DirectionScan scan, ParameterGradients parameters) {
      parameters.addTo(b, c);
      int count = kernel.lanes();
      for (ScanLanes lane : scan.lanes()) {
        int states = lane.state.length / count;
        for (int i = 0; i < lane.width; i++) {
          int channel = lane.channel + i;
          for (int n = 0; n < states; n++) {
            add(a, channel * states + n, lane.aGradient[n * count + i]);
          }
          add(d, channel, lane.skipGradient[i]);
          add(bias, channel, lane.biasGradient[i]);
        }
      }
    }

    private static void add(FloatBuffer sums, int at, float value) {
      if (sums != null) {
        sums.put(at, sums.get(at) + value);
      }
    }
  }

  /** The last step of a scan over a piece's channels: y = scale * y * SiLU(z). */
  private static final class GateTile {
    private final ScanKernel kernel;
    private final Workers.Piece piece;
    private final int width;
    private final int stride;
    private final int[] tokens;
    private final float[] y;
    private final float[] z;
    private final float[] sigmoid;
    private final float[] gradient;

    GateTile(ScanKernel kernel, int tokens, Workers.Piece piece) {
      this.kernel = kernel;
      this.piece = piece;
      this.width = piece.toChannel() - piece.fromChannel();
      this.stride = (width + kernel.lanes() - 1) / kernel.lanes() * kernel.lanes();
      this.tokens = IntStream.range(0, tokens).toArray();
      int length = ScanTile.STEPS * stride;
      this.y = new float[length];
      this.z = new float[length];
      this.sigmoid = new float[length];
      this.gradient = new float[length];
    }

    void forward(int sequence, Rows yRows, Rows zRows, float scale) {
      for (int start = 0; start < tokens.length; start += ScanTile.STEPS) {
        int steps = Math.min(ScanTile.STEPS, tokens.length - start);
        int length = steps * stride;
        gather(yRows, sequence, start, steps, y);
        if (zRows == null) {
          Arrays.fill(z, 1f);
          Arrays.fill(sigmoid, 1f);
        } else {
          gather(zRows, sequence, start, steps, z);
          kernel.sigmoid(z, sigmoid, length);
        }
        for (int i = 0; i < length; i++) {
          y[i] *= scale * z[i] * sigmoid[i];
        }
        scatter(y, yRows, sequence, start, steps);
      }
    }

    /** Replaces y, as it is before the gate, by its gradient, and adds that of z. */
    void backward(
        int sequence, Rows yRows, Rows zRows, float scale, Rows outputGradient, Rows zGradient) {
      for (int start = 0; start < tokens.length; start += ScanTile.STEPS) {
        int steps = Math.min(ScanTile.STEPS, tokens.length - start);
        int length = steps * stride;
        gather(outputGradient, sequence, start, steps, gradient);
        if (zRows == null) {
          for (int i = 0; i < length; i++) {
            gradient[i] *= scale;
          }
        } else {
          gather(yRows, sequence, start, steps, y);
          gather(zRows, sequence, start, steps, z);
          kernel.sigmoid(z, sigmoid, length);
          for (int i = 0; i < length; i++) {
            float silu = z[i] * sigmoid[i];
            // SiLU'(z) = sigmoid (1 + z (1 - sigmoid)) = sigmoid + silu - silu sigmoid
            y[i] *= scale * gradient[i] * (sigmoid[i] + silu - silu * sigmoid[i]);
            gradient[i] *= scale * silu;
          }
          zGradient.accumulate(
              sequence, tokens, start, steps, piece.fromChannel(), width, y, stride, 0, sigmoid);
        }
        scatter(gradient, yRows, sequence, start, steps);
      }
    }

    private void gather(Rows rows, int sequence, int start, int steps, float[] tile) {
      rows.gather(sequence, tokens, start, steps, piece.fromChannel(), width, tile, stride, 0);
    }

    private void scatter(float[] tile, Rows rows, int sequence, int start, int steps) {
      rows.scatter(sequence, tokens, start, steps, piece.fromChannel(), width, tile, stride, 0);
    }
  }
}
