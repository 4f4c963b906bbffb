package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.TokenOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The operators in DJL's own operations: any device and floating-point type, differentiable by
 * autograd. The reference for the other engines, and what is used where none of them can be.
 */
final class NDArrayEngine implements ScanEngine {

  /**
   * The greatest number of steps that are scanned at once, as long as their states are no more than
   * {@link #CHUNK_STATES}. The fastest of 16 to 256 steps and 2^16 to 2^19 states, measured on a
   * CPU at 1 to 16 states of 64 to 384 channels.
   */
  static final int CHUNK = 128;

  private static final long CHUNK_STATES = 1 << 18;

  /** Steps that follow each other within a chunk, whose runs are walked side by side. */
  private static final int RUN = 8;

  @Override
  public String name() {
    return "ndarray";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public boolean supports(Device device, DataType type) {
    return type.isFloating();
  }

  @Override
  public boolean isDifferentiable() {
    return true;
  }

  @Override
  public ScanResult selectiveScan(SelectiveScanArguments arguments, boolean keepLastState) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray merged = null;
      List<NDArray> lastStates = new ArrayList<>();
      for (ScanDirection direction : arguments.directions()) {
        NDArray y = scan(direction, arguments.deltaSoftplus(), keepLastState ? lastStates : null);
        merged = merged == null ? y : merged.add(y); // (B, L, D)
      }
      if (arguments.scale() != 1f) {
        // Not mul(number): autograd saves the factor, which then must not be Java's to take away.
        NDArray scale =
            merged.getManager().full(new Shape(), arguments.scale(), merged.getDataType());
        merged = merged.mul(scale);
      }
      if (arguments.gate() != null) {
        merged = merged.mul(silu(arguments.gate().toArray()));
      }
      NDList results = new NDList(merged);
      results.addAll(lastStates);
      results.attach(arguments.directions().get(0).u().array().getManager());
      NDScope.unregister(results);
      return new ScanResult(merged, lastStates, new NDList());
    }
  }

  private static NDArray scan(ScanDirection direction, boolean softplus, List<NDArray> lastStates) {
    long statesOfStep =
        direction.u().array().getShape().get(0) * direction.channels() * direction.stateSize();
    NDList u = split(TokenOrder.alongPath(direction.u().toArray(), direction.path()), statesOfStep);
    ScanPath parameterPath = direction.parameterPath();
    NDList delta =
        split(TokenOrder.alongPath(direction.delta().toArray(), parameterPath), statesOfStep);
    NDList b = split(TokenOrder.alongPath(direction.b().toArray(), parameterPath), statesOfStep);
    NDList c = split(TokenOrder.alongPath(direction.c().toArray(), parameterPath), statesOfStep);
    NDList y = new NDList();
    NDArray state = null; // (B, 1, 1, D, N)
    for (int i = 0; i < u.size(); i++) {
      NDArray chunk; // (B, T of the chunk, D)
      try (NDScope scope = new NDScope()) {
        if (state != null) {
          NDScope.register(state); // not needed after this chunk
        }
        NDArray step = stepSizes(delta.get(i), direction, softplus);
        States states = states(direction, u.get(i), step, b.get(i), state);
        chunk = output(direction, u.get(i), states.each(), c.get(i));
        state = states.last();
        NDScope.unregister(chunk, state);
      }
      NDScope.register(chunk);
      NDScope.register(state);
      y.add(chunk);
    }
    if (lastStates != null) {
      lastStates.add(
          state.reshape(state.getShape().get(0), direction.channels(), direction.stateSize()));
    }
    return TokenOrder.asTheyLie(concat(y, 1), direction.path());
  }

  /**
   * Cuts the steps into chunks. The last but one holds what is left over in full runs, the last
   * holds the rest. A split is differentiated in one piece; one slice a chunk would fill one
   * gradient of the whole length for each.
   */
  private static NDList split(NDArray array, long statesOfStep) {
    long fitting = CHUNK_STATES / Math.max(1, statesOfStep) / RUN * RUN;
    long chunk = Math.max(RUN, Math.min(CHUNK, fitting));
    long steps = array.getShape().get(1);
    long rest = steps % RUN;
    List<Long> cuts = new ArrayList<>();
    for (long cut = chunk; cut < steps - rest; cut += chunk) {
      cuts.add(cut);
    }
    if (rest > 0 && rest < steps) {
      cuts.add(steps - rest);
    }
    return array.split(cuts.stream().mapToLong(Long::longValue).toArray(), 1);
  }

  /** delta' of a chunk, (B, T, D). */
  private static NDArray stepSizes(NDArray delta, ScanDirection direction, boolean softplus) {
    NDArray weight = direction.rowsOf(direction.deltaWeight());
    NDArray bias = direction.rowsOf(direction.deltaBias());
    NDArray whole = weight == null ? delta : delta.matMul(weight.transpose());
    NDArray biased = bias == null ? whole : whole.add(bias);
    return softplus ? Activation.softPlus(biased) : biased;
  }

  /** The states of a chunk after each of its steps, (B, T, D, N), and the last, (B, 1, 1, D, N). */
  private record States(NDArray each, NDArray last) {}

  /**
   * The states of a chunk.
   *
   * @param u (B, T, D)
   * @param delta (B, T, D), with bias and softplus
   * @param b (B, T, G*N)
   * @param before the state before the chunk, (B, 1, 1, D, N); null for zero
   */
  private static States states(
      ScanDirection direction, NDArray u, NDArray delta, NDArray b, NDArray before) {
    long batch = u.getShape().get(0);
    long steps = u.getShape().get(1);
    long channels = direction.channels();
    long states = direction.stateSize();
    NDArray decay = delta.expandDims(3).mul(direction.rowsOf(direction.a())).exp(); // (B, T, D, N)
    NDArray input =
        byGroup(delta.mul(u), direction, 1) // (B, T, G, D/G, 1)
            .mul(b.reshape(batch, steps, direction.groups(), 1, states))
            .reshape(batch, steps, channels, states);
    return recur(decay, input, before);
  }

  /** y of a chunk, (B, T, D), from its states (B, T, D, N) and C (B, T, G*N). */
  private static NDArray output(ScanDirection direction, NDArray u, NDArray states, NDArray c) {
    Shape shape = u.getShape();
    int groups = direction.groups();
    NDArray y =
        byGroup(states, direction, direction.stateSize()) // (B, T, G, D/G, N)
            .mul(c.reshape(shape.get(0), shape.get(1), groups, 1, direction.stateSize()))
            .sum(new int[] {4})
            .reshape(shape);
    NDArray d = direction.rowsOf(direction.d());
    return d == null ? y : y.add(u.mul(d));
  }

  /** (B, T, D, width) with the channels of each group side by side, (B, T, G, D/G, width). */
  private static NDArray byGroup(NDArray array, ScanDirection direction, long width) {
    int groups = direction.groups();
    Shape shape = array.getShape();
    return array.reshape(shape.get(0), shape.get(1), groups, direction.channels() / groups, width);
  }

  /**
   * h[t] = decay[t] h[t-1] + input[t]. The chunk is cut into runs, which are walked side by side,
   * each from zero; then what a run ends with is handed to the next. Nothing is divided by, so
   * decays may underflow to zero.
   *
   * @param decay (B, T, D, N), in 0..1; T is a multiple of the length of a run or less than one
   * @param input (B, T, D, N)
   * @param before h[-1], (B, 1, 1, D, N); null for zero
   */
  private static States recur(NDArray decay, NDArray input, NDArray before) {
    Shape shape = decay.getShape();
    long runs = Math.max(1, shape.get(1) / RUN);
    long length = shape.get(1) / runs;
    Shape byRun = new Shape(shape.get(0), runs, length, shape.get(2), shape.get(3));
    NDList decays = decay.reshape(byRun).split(length, 2); // each (B, runs, 1, D, N)
    NDList inputs = input.reshape(byRun).split(length, 2);
    NDList kept = new NDList(decays.head()); // the product of a run's decays up to a step
    NDList states = new NDList(inputs.head());
    for (int t = 1; t < length; t++) {
      kept.add(kept.get(t - 1).mul(decays.get(t)));
      states.add(states.get(t - 1).mul(decays.get(t)).add(inputs.get(t)));
    }
    NDList runsKeep = kept.get(kept.size() - 1).split(runs, 1); // each (B, 1, 1, D, N)
    NDList runsGive = states.get(states.size() - 1).split(runs, 1);
    NDArray state = before == null ? runsGive.head().zerosLike() : before; // (B, 1, 1, D, N)
    NDList starts = new NDList(); // the state before each run
    for (int run = 0; run < runs; run++) {
      starts.add(state);
      state = state.mul(runsKeep.get(run)).add(runsGive.get(run));
    }
    NDArray carried = concat(kept, 2).mul(concat(starts, 1));
    return new States(concat(states, 2).add(carried).reshape(shape), state);
  }

  /** Joins arrays. One alone stays itself: DJL would copy it, which autograd does not follow. */
  private static NDArray concat(NDList arrays, int axis) {
    return arrays.size() == 1 ? arrays.head() : NDArrays.concat(arrays, axis);
  }

  @Override
  public ScanResult selectiveScanForBackward(SelectiveScanArguments arguments) {
    throw new UnsupportedOperationException("autograd differentiates this engine");
  }

  @Override
  public void selectiveScanBackward(
      SelectiveScanArguments arguments, NDList saved, NDArray outputGradient, NDList gradients) {
    throw new UnsupportedOperationException("autograd differentiates this engine");
  }

  @Override
  public NDArray causalConv1d(CausalConv1dArguments arguments) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      int taps = arguments.taps();
      NDArray x = TokenOrder.alongPath(arguments.x().toArray(), arguments.path()); // (B, L, D)
      Shape shape = x.getShape();
      NDArray zeros =
          x.getManager()
              .zeros(
                  new Shape(shape.get(0), taps - 1, shape.get(2)), x.getDataType(), x.getDevice());
      NDArray padded = taps == 1 ? x : zeros.concat(x, 1); // (B, K-1+L, D)
      NDArray weight = arguments.weight().reshape(arguments.channels(), taps);
      NDArray sum = null;
      for (int k = 0; k < taps; k++) {
        NDArray term =
            padded.get(steps(k, k + shape.get(1))).mul(weight.get(":, " + k)); // (B, L, D)
        sum = sum == null ? term : sum.add(term);
      }
      if (arguments.bias() != null) {
        sum = sum.add(arguments.bias());
      }
      NDArray output = TokenOrder.asTheyLie(silu(sum), arguments.path());
      output.attach(x.getManager());
      NDScope.unregister(output);
      return output;
    }
  }

  @Override
  public void causalConv1dBackward(
      CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients) {
    throw new UnsupportedOperationException("autograd differentiates this engine");
  }

  /**
   * x sigmoid(x). DJL's swish multiplies by a number, an array over Java's memory: autograd would
   * save it for the backward pass, when the garbage collector may have had it.
   */
  static NDArray silu(NDArray x) {
    return x.mul(Activation.sigmoid(x));
  }

  /** Steps from..to-1 of all sequences. */
  private static NDIndex steps(long from, long to) {
    return new NDIndex().addAllDim().addSliceDim(from, to);
  }
}
