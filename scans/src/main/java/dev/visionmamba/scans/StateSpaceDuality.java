package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;

/**
 * State-space models whose A is one number a head, so that they are matrix products (state-space
 * duality: Mamba-2, Dao and Gu 2024, arXiv:2405.21060). In DJL's own operations: any device and
 * floating-point type, differentiable by autograd.
 *
 * <p>The causal form is the recurrence of each head
 *
 * <pre>
 * h[t] = exp(a[t]) h[t-1] + x[t] (outer) B[t]
 * y[t] = h[t] C[t]
 * </pre>
 *
 * along a path. The non-causal form (VSSD, Shi et al. 2024, arXiv:2407.18559) knows no order: all
 * tokens are {@linkplain #gather gathered} into one set of hidden states, which every token
 * {@linkplain #read reads}. A model may change the hidden states in between (HSM-SSD of
 * EfficientViM, Lee et al. 2024, arXiv:2411.15241).
 */
public final class StateSpaceDuality {
  private StateSpaceDuality() {}

  /**
   * What the causal form gives.
   *
   * @param output y, (B, L, H, P)
   * @param lastState the state after the last step, (B, H, P, N)
   */
  public record Result(NDArray output, NDArray lastState) {}

  /**
   * The causal form. Time and memory grow with the length as long as the block length stays.
   *
   * @param arguments the operands
   * @return y, (B, L, H, P), in the manager of x
   * @throws IllegalArgumentException if an operand has been closed
   */
  public static NDArray forward(StateSpaceDualityArguments arguments) {
    return scan(arguments, false).output();
  }

  /**
   * The causal form, with the state that it ends in. Gradients flow through both.
   *
   * @param arguments the operands
   * @return y and the last state, in the manager of x
   * @throws IllegalArgumentException if an operand has been closed
   */
  public static Result forwardWithLastState(StateSpaceDualityArguments arguments) {
    return scan(arguments, true);
  }

  /** The block decomposition (arXiv:2405.21060, section 6), one block after the other. */
  private static Result scan(StateSpaceDualityArguments arguments, boolean keepLastState) {
    arguments.requireOpen();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      HeadSizes sizes = HeadSizes.of(arguments.x(), arguments.b());
      NDList x = blocks(arguments.x(), arguments);
      NDList a = blocks(arguments.a(), arguments);
      NDList b = blocks(arguments.b(), arguments);
      NDList c = blocks(arguments.c(), arguments);
      NDArray order = order(x.head());
      NDList y = new NDList();
      NDArray state = null; // (B, G, N, K*P)
      if (arguments.initialState() != null) {
        state = sideBySide(arguments.initialState().transpose(0, 3, 1, 2), sizes);
      }
      for (int i = 0; i < x.size(); i++) {
        boolean keepState = keepLastState || i < x.size() - 1;
        Block block;
        try (NDScope inner = new NDScope()) {
          if (state != null) {
            NDScope.register(state); // not needed after this block
          }
          block = block(sizes, order, x.get(i), a.get(i), b.get(i), c.get(i), state, keepState);
          NDScope.unregister(block.arrays());
        }
        block.arrays().forEach(NDScope::register);
        y.add(block.output());
        state = block.state();
      }
      NDArray steps = y.size() == 1 ? y.head() : NDArrays.concat(y, 1); // (B, T, H, P)
      NDArray output = handOut(TokenOrder.asTheyLie(steps, arguments.path()), arguments.x());
      if (!keepLastState) {
        return new Result(output, null);
      }
      NDArray lastState = byHead(state, sizes).transpose(0, 2, 3, 1);
      return new Result(output, handOut(lastState, arguments.x()));
    }
  }

  /**
   * Cuts an array's tokens, in the order of the path, into blocks. A split is differentiated in one
   * piece; one slice a block would fill one gradient of the whole length for each.
   */
  private static NDList blocks(NDArray tokens, StateSpaceDualityArguments arguments) {
    int length = arguments.blockLength();
    long[] cuts = new long[(arguments.path().steps() - 1) / length];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = (i + 1L) * length;
    }
    return TokenOrder.alongPath(tokens, arguments.path()).split(cuts, 1);
  }

  /** Which steps of the longest block (B, T, H, P) come when, (T+2, T): 1 where column >= row-1. */
  private static NDArray order(NDArray block) {
    int steps = Math.toIntExact(block.getShape().get(1));
    NDManager manager = block.getManager();
    NDArray columns = manager.arange(0, steps, 1, DataType.INT32, block.getDevice());
    NDArray rows = manager.arange(-1, steps + 1, 1, DataType.INT32, block.getDevice());
    return columns.gte(rows.expandDims(1)).toType(block.getDataType(), false);
  }

  /** y of a block, (B, T, H, P), and the state after it, (B, G, N, K*P), or null. */
  private record Block(NDArray output, NDArray state) {
    NDList arrays() {
      return state == null ? new NDList(output) : new NDList(output, state);
    }
  }

  /**
   * One block of T steps. The K = H/G heads of a group share B and C without copies: where these
   * meet the heads, the heads stand side by side in the columns of one product.
   *
   * @param order as {@link #order} gives it
   * @param x (B, T, H, P)
   * @param a (B, T, H)
   * @param b (B, T, G, N)
   * @param c (B, T, G, N)
   * @param before the state before the block, (B, G, N, K*P); null for zero
   * @param keepState whether the state after the block is wanted
   */
  private static Block block(
      HeadSizes sizes,
      NDArray order,
      NDArray x,
      NDArray a,
      NDArray b,
      NDArray c,
      NDArray before,
      boolean keepState) {
    long batch = sizes.batch();
    long steps = x.getShape().get(1);
    long groups = sizes.groups();
    long shared = sizes.headsOfGroup();
    long width = sizes.headSize();
    NDArray notEarlier = order.get(corner(1, steps + 1, steps)); // (T, T): 1 where i >= j
    NDArray later = order.get(corner(1, steps + 2, steps)); // (T+1, T): 1 where i > j, j from -1
    // Row j+1, column i: the sum of a over the steps j+1..i, 0 where i <= j. Each segment is added
    // up by itself, for the difference of two sums from the start would round small terms away.
    NDArray decay =
        a.transpose(0, 2, 1)
            .reshape(batch, groups, shared, 1, steps)
            .mul(later)
            .cumSum(4)
            .exp(); // (B, G, K, T+1, T)
    NDArray within = decay.get(new NDIndex("..., 1:, :")); // (B, G, K, T, T)

    NDArray heads = x.reshape(batch, steps, groups, shared, width).transpose(0, 2, 3, 1, 4);
    NDArray bRows = b.transpose(0, 2, 1, 3); // (B, G, T, N)
    NDArray cRows = c.transpose(0, 2, 1, 3);
    NDArray scores = bRows.matMul(cRows.transpose(0, 1, 3, 2)).mul(notEarlier); // (B, G, T, T)
    NDArray weights = within.mul(scores.expandDims(2)).transpose(0, 1, 2, 4, 3);
    NDArray y = weights.matMul(heads); // (B, G, K, T, P)
    if (before != null) {
      NDArray fromStart = decay.get(new NDIndex("..., 0, :")); // (B, G, K, T)
      NDArray read = cRows.matMul(before).reshape(batch, groups, steps, shared, width);
      y = y.add(read.transpose(0, 1, 3, 2, 4).mul(fromStart.expandDims(4)));
    }
    y = y.transpose(0, 3, 1, 2, 4).reshape(x.getShape());
    if (!keepState) {
      return new Block(y, null);
    }

    NDArray toEnd = within.get(new NDIndex("..., -1")); // (B, G, K, T)
    NDArray kept = heads.mul(toEnd.expandDims(4)).transpose(0, 1, 3, 2, 4); // (B, G, T, K, P)
    NDArray state =
        bRows
            .transpose(0, 1, 3, 2)
            .matMul(kept.reshape(batch, groups, steps, shared * width)); // (B, G, N, K*P)
    if (before != null) {
      NDArray whole = decay.get(new NDIndex("..., 0, -1")).reshape(batch, groups, 1, shared, 1);
      NDArray carried =
          before
              .reshape(batch, groups, sizes.states(), shared, width)
              .mul(whole); // (B, G, N, K, P)
      state = state.add(carried.reshape(state.getShape()));
    }
    return new Block(y, state);
  }

  /** Rows from..to-1 of the first columns. */
  private static NDIndex corner(long from, long to, long columns) {
    return new NDIndex().addSliceDim(from, to).addSliceDim(0, columns);
  }

  /**
   * The non-causal form as VSSD has it, with one weight a token and head and a skip:
   *
   * <pre>
   * h = sum over all tokens l of weight[l] B[l] (outer) x[l]
   * y[l] = C[l] h + D x[l]
   * </pre>
   *
   * @param arguments the operands
   * @return y, (B, L, H, P), in the manager of x
   * @throws IllegalArgumentException if an operand has been closed
   */
  public static NDArray nonCausal(NonCausalDualityArguments arguments) {
    arguments.requireOpen();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray x = arguments.x();
      NDArray hidden = gather(x.mul(arguments.weight().expandDims(3)), arguments.b());
      NDScope.register(hidden);
      NDArray y = read(hidden, arguments.c());
      NDScope.register(y);
      if (arguments.d() != null) {
        // Heads last, so that D is a second operand as it is.
        NDArray skip = x.transpose(0, 1, 3, 2).mul(arguments.d()).transpose(0, 1, 3, 2);
        y = y.add(skip);
      }
      return handOut(y, x);
    }
  }

  /**
   * The first half of the non-causal form: h = sum over all tokens l of B[l] (outer) x[l]. Weights
   * go with either factor: one a token and head with x (VSSD), one a token and state with B
   * (HSM-SSD). In float16 the sum over many tokens may overflow.
   *
   * @param x the input, (B, L, H, P)
   * @param b the input matrix, (B, L, G, N); G divides H, and head h reads group h / (H/G)
   * @return the hidden states, (B, H, N, P), in the manager of x
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public static NDArray gather(NDArray x, NDArray b) {
    HeadSizes sizes = HeadSizes.of(x, b);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray states = b.transpose(0, 2, 3, 1).matMul(sideBySide(x, sizes)); // (B, G, N, K*P)
      return handOut(byHead(states, sizes).transpose(0, 2, 1, 3), x);
    }
  }

  /**
   * The second half of the non-causal form: y[l] = C[l] h, the same h for all tokens l.
   *
   * @param hidden the hidden states, (B, H, N, P)
   * @param c the output matrix, (B, L, G, N); G divides H, and head h reads group h / (H/G)
   * @return y, (B, L, H, P), in the manager of the hidden states
   * @throws IllegalArgumentException naming the operand that does not fit or has been closed
   */
  public static NDArray read(NDArray hidden, NDArray c) {
    HeadSizes sizes = HeadSizes.ofHidden(hidden, c);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray states = sideBySide(hidden.transpose(0, 2, 1, 3), sizes); // (B, G, N, K*P)
      return handOut(byHead(c.transpose(0, 2, 1, 3).matMul(states), sizes), hidden);
    }
  }

  /** Takes a result out of the scope that ends, into the manager of an input. */
  private static NDArray handOut(NDArray result, NDArray input) {
    result.attach(input.getManager());
    NDScope.unregister(result);
    return result;
  }

  /** (B, rows, H, P) with the heads of a group side by side, (B, G, rows, K*P). */
  private static NDArray sideBySide(NDArray heads, HeadSizes sizes) {
    return heads
        .reshape(
            sizes.batch(),
            heads.getShape().get(1),
            sizes.groups(),
            sizes.headsOfGroup() * sizes.headSize())
        .transpose(0, 2, 1, 3);
  }

  /** (B, G, rows, K*P) with the heads apart, (B, rows, H, P). */
  private static NDArray byHead(NDArray sideBySide, HeadSizes sizes) {
    return sideBySide
        .transpose(0, 2, 1, 3)
        .reshape(sizes.batch(), sideBySide.getShape().get(2), sizes.heads(), sizes.headSize());
  }
}
