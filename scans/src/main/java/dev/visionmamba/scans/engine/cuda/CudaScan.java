package dev.visionmamba.scans.engine.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One selective scan on a GPU. Directions follow each other, each adding to the sum of those
 * before; within one, threads share out sequences, channels and {@linkplain Chunks chunks of
 * steps}.
 */
final class CudaScan {
  private final CudaDevice device;
  private final ElementType type;
  private final SelectiveScanArguments arguments;
  private final List<ScanDirection> directions;
  private final NDArray input;
  private final int batch;
  private final int tokens;
  private final int channels;

  CudaScan(CudaDevice device, ElementType type, SelectiveScanArguments arguments) {
    this.device = device;
    this.type = type;
    this.arguments = arguments;
    this.directions = arguments.directions();
    this.input = directions.get(0).u().array();
    this.batch = arguments.batch();
    this.tokens = arguments.tokens();
    this.channels = arguments.channels();
  }

  /** What the forward pass is to keep besides its output. */
  enum Keep {
    NOTHING,
    LAST_STATES,
    /** The states before each tile and, if there is a gate, the sum before it. */
    FOR_BACKWARD
  }

  private static boolean visitsEveryToken(ScanDirection direction) {
    return direction.path().steps() == direction.path().tokens();
  }

  private Chunks chunks(ScanDirection direction) {
    return Chunks.of(
        direction.path().steps(), Math.max(1, (long) batch * channels), device.threads());
  }

  /** The forward pass. */
  ScanResult forward(Keep keep) {
    NDManager manager = input.getManager();
    boolean keepsSum = keep == Keep.FOR_BACKWARD && arguments.gate() != null;
    List<NDArray> lastStates = new ArrayList<>();
    NDList saved = new NDList();
    try (Addresses at = new Addresses(device, input)) {
      NDArray output = tokenArray(manager, !keepsSum && !beginsWhole());
      NDArray sum = keepsSum ? tokenArray(manager, !beginsWhole()) : output;
      for (int k = 0; k < directions.size(); k++) {
        ScanDirection direction = directions.get(k);
        Chunks chunks = chunks(direction);
        ScanStructure scan = new ScanStructure(direction, arguments.deltaSoftplus(), chunks, at);
        int slots = keep == Keep.FOR_BACKWARD ? chunks.allTiles() : chunks.count();
        NDArray state = at.floats(batch, slots, direction.stateSize(), channels);
        scan.state = at.of(state);
        scan.keepsTiles = keep == Keep.FOR_BACKWARD;
        scan.sum = at.of(sum);
        scan.begins = k == 0 && beginsWhole();
        if (k == directions.size() - 1 && endsWhole()) {
          scan.output = at.of(output);
          scan.gate = arguments.gate() == null ? 0 : at.read(arguments.gate());
          scan.gateWidth = gateWidth();
          scan.keepsSum = keepsSum;
          scan.scale = arguments.scale();
        }
        launchForward(scan, direction, chunks, at);
        if (keep == Keep.FOR_BACKWARD) {
          state.attach(manager);
          saved.add(state);
        } else if (keep == Keep.LAST_STATES) {
          lastStates.add(lastState(state, manager));
        }
      }
      if (!endsWhole() && (arguments.gate() != null || arguments.scale() != 1f)) {
        merge("merge", at, at.of(sum), at.of(output), 0, 0, 0);
      }
      if (keepsSum) {
        saved.add(sum);
      }
      return new ScanResult(output, lastStates, saved);
    }
  }

  private boolean beginsWhole() {
    return visitsEveryToken(directions.get(0));
  }

  private boolean endsWhole() {
    return visitsEveryToken(directions.get(directions.size() - 1));
  }

  private long gateWidth() {
    return arguments.gate() == null ? 0 : ScanStructure.width(arguments.gate());
  }

  /** (B, L, D), float32. */
  private NDArray tokenArray(NDManager manager, boolean zeros) {
    Shape shape = new Shape(batch, tokens, channels);
    return zeros
        ? manager.zeros(shape, DataType.FLOAT32, input.getDevice())
        : manager.create(shape, DataType.FLOAT32, input.getDevice());
  }

  private void launchForward(
      ScanStructure scan, ScanDirection direction, Chunks chunks, Addresses at) {
    if (batch == 0) {
      return;
    }
    if (chunks.count() > 1) {
      scan.deltaSums = at.of(at.floats(batch, chunks.count(), channels));
      device.launch("scan_local", type, grid(direction, chunks), scan.fields());
      device.launch("scan_carry", type, carryGrid(direction), scan.fields());
    }
    device.launch("scan_forward", type, grid(direction, chunks), scan.fields());
  }

  /** Blocks of channels of one group each, chunks, sequences. */
  private Grid grid(ScanDirection direction, Chunks chunks) {
    return new Grid(
        direction.groups() * parts(direction),
        chunks.count(),
        Math.min(batch, Grid.MOST),
        threads(direction));
  }

  private Grid carryGrid(ScanDirection direction) {
    long blocks = Grid.ceil((long) channels * direction.stateSize(), Grid.BLOCK);
    return new Grid(Math.toIntExact(blocks), 1, Math.min(batch, Grid.MOST), Grid.BLOCK);
  }

  /** Threads of a block: whole warps, no more than a group's channels ask for. */
  private int threads(ScanDirection direction) {
    int warps = (int) Grid.ceil(channels / direction.groups(), 32);
    return Math.min(Grid.BLOCK, 32 * warps);
  }

  /** Blocks that share the channels of a group. */
  private int parts(ScanDirection direction) {
    return (int) Grid.ceil(channels / direction.groups(), threads(direction));
  }

  /** (B, D, N) of (B, chunks, N, D). */
  private NDArray lastState(NDArray state, NDManager manager) {
    Shape shape = state.getShape();
    NDArray last = state.get(new NDIndex().addAllDim().addIndices(shape.get(1) - 1));
    Shape transposed = new Shape(shape.get(0), shape.get(3), shape.get(2));
    NDArray result = manager.zeros(transposed, DataType.FLOAT32, input.getDevice());
    return result.addi(last.transpose(0, 2, 1));
  }

  /** Turns the sum into the output, or the output's gradient into the sum's and the gate's. */
  private void merge(
      String kernel,
      Addresses at,
      long sum,
      long output,
      long outputGradient,
      long sumGradient,
      long gateGradient) {
    long elements = (long) batch * tokens * channels;
    if (elements > 0) {
      device.launch(
          kernel,
          type,
          Grid.ofElements(elements),
          (long) batch * tokens,
          channels,
          sum,
          output,
          arguments.gate() == null ? 0 : at.read(arguments.gate()),
          gateWidth(),
          Double.doubleToRawLongBits(arguments.scale()),
          outputGradient,
          sumGradient,
          gateGradient);
    }
  }

  /**
   * The backward pass.
   *
   * @param saved by the forward pass
   * @param outputGradient (B, L, D)
   * @param gradients one for each of the arguments' arrays, added to
   */
  void backward(NDList saved, NDArray outputGradient, NDList gradients) {
    if (batch == 0) {
      return;
    }
    UnaryOperator<NDArray> gradientOf = gradientOf(gradients);
    try (Addresses at = new Addresses(device, input)) {
      long sumGradient = at.readParameter(outputGradient);
      Columns gate = arguments.gate();
      if (gate != null || arguments.scale() != 1f) {
        long sum = gate == null ? 0 : at.of(saved.get(directions.size()));
        long gateGradient = gate == null ? 0 : at.of(gradientOf.apply(gate.array()), gate);
        long merged = at.of(at.floats(batch, tokens, channels));
        merge("merge_backward", at, sum, 0, sumGradient, merged, gateGradient);
        sumGradient = merged;
      }
      for (int k = 0; k < directions.size(); k++) {
        backward(directions.get(k), saved.get(k), sumGradient, gradientOf);
      }
    }
  }

  private void backward(
      ScanDirection direction, NDArray saved, long sumGradient, UnaryOperator<NDArray> gradientOf) {
    try (Addresses at = new Addresses(device, input)) {
      Chunks chunks = chunks(direction);
      int steps = direction.path().steps();
      int states = direction.stateSize();
      int columns = direction.groups() * states;
      int parts = parts(direction);
      ScanStructure scan = new ScanStructure(direction, arguments.deltaSoftplus(), chunks, at);
      scan.state = at.of(saved);
      scan.keepsTiles = true;
      scan.sumGradient = sumGradient;
      scan.adjoint = at.of(at.floats(batch, chunks.count(), states, channels));
      scan.deltaSums = at.of(at.floats(batch, chunks.count(), channels));
      if (chunks.count() > 1) {
        device.launch("adjoint_local", type, grid(direction, chunks), scan.fields());
        device.launch("adjoint_carry", type, carryGrid(direction), scan.fields());
      }
      NDArray uGradient = gradientOf.apply(direction.u().array());
      if (sharesColumns(direction)) {
        scan.uParts = at.of(at.floats(batch, steps, channels));
      } else {
        scan.uGradient = at.of(uGradient, direction.u());
      }
      NDArray deltaGradient = gradientOf.apply(direction.delta().array());
      int rank = scan.rank();
      if (rank == 0) {
        scan.deltaGradient = at.of(deltaGradient, direction.delta());
      } else {
        scan.deltaParts = at.of(at.floats(direction.groups() * parts, batch, steps, rank));
      }
      scan.bParts = at.of(at.floats(parts, batch, steps, columns));
      scan.cParts = at.of(at.floats(parts, batch, steps, columns));
      int rowColumns = states + 2 + rank;
      int rows = batch * chunks.count();
      scan.parameterRows = at.of(at.floats(rows, rowColumns, channels));
      device.launch("scan_backward", type, grid(direction, chunks), scan.fields());

      ScanPath path = direction.parameterPath();
      if (scan.uParts != 0) {
        addParts(at, scan.uParts, 1, channels, direction.path(), direction.u(), uGradient);
      }
      if (rank > 0) {
        int blocks = direction.groups() * parts;
        addParts(at, scan.deltaParts, blocks, rank, path, direction.delta(), deltaGradient);
      }
      NDArray bGradient = gradientOf.apply(direction.b().array());
      addParts(at, scan.bParts, parts, columns, path, direction.b(), bGradient);
      NDArray cGradient = gradientOf.apply(direction.c().array());
      addParts(at, scan.cParts, parts, columns, path, direction.c(), cGradient);

      ParameterRows of =
          new ParameterRows(device, at, type, scan.parameterRows, rows, rowColumns, channels);
      of.addTo(0, states, at.rowsOf(direction, gradientOf.apply(direction.a())));
      of.addTo(states, 1, at.rowsOf(direction, gradientOf.apply(direction.d())));
      of.addTo(states + 1, 1, at.rowsOf(direction, gradientOf.apply(direction.deltaBias())));
      of.addTo(states + 2, rank, at.rowsOf(direction, gradientOf.apply(direction.deltaWeight())));
    }
  }

  /** Whether two threads could add to one element of the gradients of u and delta. */
  private static boolean sharesColumns(ScanDirection direction) {
    Columns u = direction.u();
    Columns delta = direction.delta();
    return direction.deltaWeight() == null
        && u.array() == delta.array()
        && u.from() < delta.to()
        && delta.from() < u.to();
  }

  private void addParts(
      Addresses at,
      long values,
      int parts,
      int columns,
      ScanPath path,
      Columns of,
      NDArray gradient) {
    device.launch(
        "add_parts",
        type,
        Grid.ofElements((long) batch * path.steps() * columns),
        values,
        parts,
        batch,
        path.steps(),
        columns,
        at.of(path),
        path.tokens(),
        at.of(gradient, of),
        ScanStructure.width(of));
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
