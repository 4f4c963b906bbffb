package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import java.util.ArrayList;
import java.util.List;

/**
 * The operators in DJL's own operations: any device and floating-point type, differentiable by
 * autograd. The reference for the other engines, and what is used where none of them can be.
 */
final class NDArrayEngine implements ScanEngine {

  /** Steps that are scanned at once; the chunks follow each other in a loop. */
  private static final int CHUNK = 64;

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
      NDScope.unregister(merged);
      lastStates.forEach(NDScope::unregister);
      return new ScanResult(merged, lastStates, new NDList());
    }
  }

  private static NDArray scan(ScanDirection direction, boolean softplus, List<NDArray> lastStates) {
    NDArray u = along(direction.u(), direction.path()); // (B, T, D)
    NDArray delta = along(direction.delta(), direction.parameterPath()); // (B, T, D)
    if (direction.deltaBias() != null) {
      delta = delta.add(direction.deltaBias());
    }
    if (softplus) {
      delta = Activation.softPlus(delta);
    }
    NDArray b = perChannel(direction.b(), direction); // (B, T, D or 1, N)
    NDArray c = perChannel(direction.c(), direction); // (B, T, D or 1, N)
    NDArray decay = delta.expandDims(3).mul(direction.a()).exp(); // (B, T, D, N)
    NDArray input = delta.mul(u).expandDims(3).mul(b); // (B, T, D, N)
    NDArray states = recur(decay, input); // (B, T, D, N)
    NDArray y = states.mul(c).sum(new int[] {3}); // (B, T, D)
    if (direction.d() != null) {
      y = y.add(u.mul(direction.d()));
    }
    if (lastStates != null) {
      lastStates.add(states.get(":, -1").duplicate());
    }
    return toTokens(y, direction.path());
  }

  /**
   * h[t] = decay[t] h[t-1] + input[t] from h[-1] = 0. Within a chunk by doubling: after k rounds
   * each step holds the recurrence over the last 2^k steps. Nothing is divided by, so decays may
   * underflow to zero.
   *
   * @param decay (B, T, D, N), in 0..1
   * @param input (B, T, D, N)
   * @return the states, (B, T, D, N)
   */
  private static NDArray recur(NDArray decay, NDArray input) {
    long steps = decay.getShape().get(1);
    NDList chunks = new NDList();
    NDArray last = null; // (B, 1, D, N)
    for (long start = 0; start < steps; start += CHUNK) {
      long length = Math.min(CHUNK, steps - start);
      NDIndex chunk = new NDIndex().addAllDim().addSliceDim(start, start + length);
      NDArray kept = decay.get(chunk); // product of the decays up to a step
      NDArray state = input.get(chunk);
      for (long reach = 1; reach < length; reach *= 2) {
        NDIndex early = new NDIndex().addAllDim().addSliceDim(0, reach);
        NDIndex late = new NDIndex().addAllDim().addSliceDim(reach, length);
        NDIndex before = new NDIndex().addAllDim().addSliceDim(0, length - reach);
        NDArray lateKept = kept.get(late);
        state = state.get(early).concat(state.get(late).add(lateKept.mul(state.get(before))), 1);
        kept = kept.get(early).concat(lateKept.mul(kept.get(before)), 1);
      }
      if (last != null) {
        state = state.add(kept.mul(last));
      }
      last = state.get(new NDIndex().addAllDim().addSliceDim(length - 1, length));
      chunks.add(state);
    }
    return chunks.size() == 1 ? chunks.head() : NDArrays.concat(chunks, 1);
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
      NDArray x = along(arguments.x(), arguments.path()); // (B, L, D)
      Shape shape = x.getShape();
      NDArray zeros =
          x.getManager().zeros(new Shape(shape.get(0), taps - 1, shape.get(2)), x.getDataType());
      NDArray padded = taps == 1 ? x : zeros.concat(x, 1); // (B, K-1+L, D)
      NDArray weight = arguments.weight().reshape(arguments.channels(), taps);
      NDArray sum = null;
      for (int k = 0; k < taps; k++) {
        NDIndex window = new NDIndex().addAllDim().addSliceDim(k, k + shape.get(1));
        NDArray term = padded.get(window).mul(weight.get(":, " + k)); // (B, L, D)
        sum = sum == null ? term : sum.add(term);
      }
      if (arguments.bias() != null) {
        sum = sum.add(arguments.bias());
      }
      NDArray output = toTokens(silu(sum), arguments.path());
      NDScope.unregister(output);
      return output;
    }
  }

  @Override
  public void causalConv1dBackward(
      CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients) {
    throw new UnsupportedOperationException("autograd differentiates this engine");
  }

  /** The rows of a token array in the order of a path: (B, L, W) to (B, T, W). */
  private static NDArray along(Columns columns, ScanPath path) {
    NDArray array = columns.toArray();
    return isRaster(path) ? array : pick(array, path.order());
  }

  /** The rows of steps where their tokens lie, zero at tokens that were not visited. */
  private static NDArray toTokens(NDArray y, ScanPath path) {
    if (isRaster(path)) {
      return y;
    }
    int[] stepOf = new int[path.tokens()];
    java.util.Arrays.fill(stepOf, path.steps()); // a row of zeros behind the last step
    for (int t = 0; t < path.steps(); t++) {
      stepOf[path.token(t)] = t;
    }
    if (path.steps() < path.tokens()) {
      Shape shape = y.getShape();
      y = y.concat(y.getManager().zeros(new Shape(shape.get(0), 1, shape.get(2))), 1);
    }
    return pick(y, stepOf);
  }

  private static NDArray pick(NDArray array, int[] rows) {
    NDManager manager = array.getManager();
    long[] index = java.util.Arrays.stream(rows).asLongStream().toArray();
    // A copy in libtorch's own memory, for autograd saves it; see silu.
    try (NDArray indices = manager.create(index)) {
      return array.get(new NDIndex(":, {}", indices.duplicate()));
    }
  }

  /**
   * x sigmoid(x). DJL's swish multiplies by a number, an array over Java's memory: autograd would
   * save it for the backward pass, when the garbage collector may have had it.
   */
  private static NDArray silu(NDArray x) {
    return x.mul(Activation.sigmoid(x));
  }

  private static boolean isRaster(ScanPath path) {
    for (int t = 0; t < path.tokens(); t++) {
      if (t >= path.steps() || path.token(t) != t) {
        return false;
      }
    }
    return true;
  }

  /** (B, L, G*N) to (B, T, D, N), or (B, T, 1, N) where one group serves all channels. */
  private static NDArray perChannel(Columns columns, ScanDirection direction) {
    NDArray rows = along(columns, direction.parameterPath());
    Shape shape = rows.getShape();
    int groups = direction.groups();
    NDArray grouped = rows.reshape(shape.get(0), shape.get(1), groups, direction.stateSize());
    return groups == 1 ? grouped : grouped.repeat(2, direction.channels() / groups);
  }
}
