package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.engine.DirectionScan.Merging;
import dev.visionmamba.scans.engine.DirectionScan.Operands;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * One selective scan on the CPU: how its work is cut into independent pieces. A piece is some
 * sequences and a range of channels, with all directions, so that no two pieces write the same
 * element of the output. Where there are more threads than pieces, a forward pass whose directions
 * share what they read ({@link HeapForward}) cuts the channels more finely, if threads divide them;
 * any other ({@link TiledForward}) also cuts by direction, each part with a sum of its own.
 */
final class CpuScan {
  private final Supplier<Workspace> workspaces;
  private final int lanes;
  private final SelectiveScanArguments arguments;
  private final List<ScanDirection> directions;
  private final List<Operands> operands = new ArrayList<>();
  private final int batch;
  private final int tokens;
  private final int channels;
  private final Rows gate;
  private final double sequenceNanos;

  /** Whether the last direction to visit a token is the last direction. */
  private final boolean lastFinishes;

  /**
   * A scan.
   *
   * @param workspaces gives the calling thread's workspace
   */
  CpuScan(Supplier<Workspace> workspaces, int lanes, SelectiveScanArguments arguments) {
    this.workspaces = workspaces;
    this.lanes = lanes;
    this.arguments = arguments;
    this.directions = arguments.directions();
    this.batch = arguments.batch();
    this.tokens = arguments.tokens();
    this.channels = arguments.channels();
    // Directions share arrays, and to ask libtorch where one lies takes longer than to remember it.
    Map<NDArray, FloatBuffer> memory = new IdentityHashMap<>();
    Function<NDArray, FloatBuffer> memoryOf = array -> memory.computeIfAbsent(array, Rows::floats);
    for (ScanDirection direction : directions) {
      operands.add(new Operands(direction, arguments.deltaSoftplus(), memoryOf));
    }
    this.gate = arguments.gate() == null ? null : Rows.of(arguments.gate(), memoryOf);
    this.lastFinishes = operands.get(operands.size() - 1).visitsEveryToken();
    this.sequenceNanos = sequenceNanos();
  }

  /** What the forward pass is to keep besides its output. */
  enum Keep {
    NOTHING,
    LAST_STATES,
    /** The states at checkpoints and, if there is a gate, the sum before it. */
    FOR_BACKWARD
  }

  /**
   * What a forward pass writes.
   *
   * @param checkpoints one a direction, or none
   * @param lastStates one a direction, or none
   */
  record Outputs(
      ScanResult result, Merging merging, List<Rows> checkpoints, List<Rows> lastStates) {

    /** Where a direction's states are kept between tiles; null for nowhere. */
    Rows checkpoints(int direction) {
      return checkpoints.isEmpty() ? null : checkpoints.get(direction);
    }

    /** Keeps a direction's last state of a sequence, if it is wanted. */
    void keepLastState(DirectionScan scan, int sequence, int direction) {
      if (!lastStates.isEmpty()) {
        scan.readLastState(sequence, lastStates.get(direction));
      }
    }
  }

  /** The forward pass. */
  ScanResult forward(Keep keep) {
    Outputs outputs = allocate(keep);
    List<Workers.Piece> pieces = pieces(operands.size());
    int parts = Workers.parts(pieces, batch, operands.size(), sequenceNanos);
    // Parts of the directions would have to wait for each other where they share what they read.
    List<Workers.Piece> whole = parts == 1 ? pieces : Workers.evenPieces(batch, channels, lanes);
    HeapForward onHeap = new HeapForward(this, outputs, whole);
    if (onHeap.suits()) {
      onHeap.run();
    } else {
      new TiledForward(this, outputs, pieces, parts).run();
    }
    return outputs.result();
  }

  List<Operands> operands() {
    return operands;
  }

  int tokens() {
    return tokens;
  }

  int lanes() {
    return lanes;
  }

  boolean lastFinishes() {
    return lastFinishes;
  }

  /** The first of the directions from..to-1 that a part of them has; the end is the next part's. */
  int firstOf(int part, int parts) {
    return operands.size() * part / parts;
  }

  /** Into how many parts tokens are cut where there are more threads than pieces. */
  int tokenParts(List<Workers.Piece> pieces) {
    return Workers.parts(pieces, batch, tokens, sequenceNanos);
  }

  private Outputs allocate(Keep keep) {
    NDManager manager = directions.get(0).u().array().getManager();
    NDArray output = sumToBegin(manager, 0);
    NDArray sum = output;
    List<NDArray> lastStates = new ArrayList<>();
    NDList saved = new NDList();
    for (Operands direction : operands) {
      if (keep == Keep.FOR_BACKWARD) {
        long states = (long) channels * direction.states;
        saved.add(
            manager.create(
                new Shape(batch, direction.checkpoints(), states), DataType.FLOAT32, Device.cpu()));
      } else if (keep == Keep.LAST_STATES) {
        lastStates.add(
            manager.create(
                new Shape(batch, channels, direction.states), DataType.FLOAT32, Device.cpu()));
      }
    }
    List<Rows> checkpoints = saved.stream().map(Rows::of).toList();
    if (keep == Keep.FOR_BACKWARD && gate != null) {
      sum = sumToBegin(manager, 0);
      saved.add(sum);
    }
    Rows outputRows = Rows.of(output);
    Rows sumRows = sum == output ? outputRows : Rows.of(sum);
    return new Outputs(
        new ScanResult(output, lastStates, saved),
        new Merging(sumRows, outputRows, gate, arguments.scale()),
        checkpoints,
        lastStates.stream().map(Rows::of).toList());
  }

  /** (B, L, D), zeros unless the direction that comes first writes every token. */
  NDArray sumToBegin(NDManager manager, int first) {
    Shape shape = new Shape(batch, tokens, channels);
    return operands.get(first).visitsEveryToken()
        ? manager.create(shape, DataType.FLOAT32, Device.cpu())
        : manager.zeros(shape, DataType.FLOAT32, Device.cpu());
  }

  /**
   * The pieces of a pass.
   *
   * @param directions into how many parts it can cut the directions
   */
  private List<Workers.Piece> pieces(int directions) {
    return Workers.pieces(batch, channels, lanes, directions, sequenceNanos);
  }

  /** All tokens as they lie; the strategy remembers it. */
  ScanPath everyToken() {
    return ScanStrategies.RASTER.paths(1, tokens).get(0);
  }

  /** About how long one thread takes for a sequence. */
  private double sequenceNanos() {
    double nanos = 0;
    for (Operands direction : operands) {
      nanos += (double) direction.path.steps() * channels * (0.15 * direction.states + 1.3);
    }
    return nanos;
  }

  /** The calling thread's scans of some directions, ready for a piece's channels. */
  Workspace open(Workers.Piece piece, int from, int to, boolean backward) {
    Workspace workspace = workspaces.get();
    for (int k = from; k < to; k++) {
      workspace
          .direction(k)
          .open(operands.get(k), piece.fromChannel(), piece.toChannel(), backward);
    }
    return workspace;
  }

  /**
   * The backward pass.
   *
   * @param saved by the forward pass
   * @param outputGradient (B, L, D)
   * @param gradients one for each of the arguments' arrays, added to
   */
  void backward(NDList saved, NDArray outputGradient, NDList gradients) {
    Rows outputGradientRows = Rows.of(outputGradient);
    Rows sum = gate == null ? outputGradientRows : Rows.of(saved.get(operands.size()));
    Merging merging = new Merging(sum, outputGradientRows, gate, arguments.scale());
    List<Rows> checkpoints = saved.stream().limit(operands.size()).map(Rows::of).toList();
    UnaryOperator<NDArray> gradientOf = gradientOf(gradients);
    Rows gateGradient = gate == null ? null : OperandGradients.rows(arguments.gate(), gradientOf);
    List<Workers.Piece> pieces = pieces(1);
    try (NDManager temporary = outputGradient.getManager().newSubManager(Device.cpu())) {
      List<PartialGradients> partials = new ArrayList<>();
      for (int k = 0; k < operands.size(); k++) {
        OperandGradients whole = OperandGradients.of(directions.get(k), gradientOf);
        partials.add(new PartialGradients(temporary, pieces, operands.get(k), whole));
      }
      Workers.run(pieces, piece -> walkBack(piece, merging, checkpoints, partials, gateGradient));
      partials.forEach(PartialGradients::addUp);
    }
  }

  /** Walks all directions of a piece backwards. */
  private void walkBack(
      Workers.Piece piece,
      Merging merging,
      List<Rows> checkpoints,
      List<PartialGradients> partials,
      Rows gateGradient) {
    int last = operands.size() - 1;
    ScanPath everyToken = lastFinishes || gate == null ? null : everyToken();
    Workspace workspace = open(piece, 0, operands.size(), true);
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      for (int k = 0; k <= last; k++) {
        PartialGradients partial = partials.get(k);
        workspace
            .direction(k)
            .backward(
                sequence,
                merging,
                checkpoints.get(k),
                partial.own(),
                k == last && lastFinishes ? gateGradient : null,
                partial.sequence(piece, sequence));
      }
      if (everyToken != null) {
        workspace.direction(0).gateGradient(sequence, merging, gateGradient, everyToken);
      }
    }
    for (int k = 0; k <= last; k++) {
      partials.get(k).keepParameters(piece, workspace.direction(k));
    }
  }

  /** Which gradient belongs to which of the arguments' arrays; null for an absent operand. */
  private UnaryOperator<NDArray> gradientOf(NDList gradients) {
    Map<NDArray, NDArray> gradientOf = new IdentityHashMap<>();
    NDList arrays = arguments.arrays();
    for (int i = 0; i < arrays.size(); i++) {
      gradientOf.put(arrays.get(i), gradients.get(i));
    }
    return gradientOf::get;
  }
}
