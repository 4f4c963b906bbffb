package dev.visionmamba.scans.autograd;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Joins operators with hand-written backward passes to libtorch's autograd graph, which DJL offers
 * no way to extend.
 *
 * <p>The graph is kept in pieces. A recorded operator runs outside the graph, and its output is a
 * leaf that starts the next piece. When the loss has been differentiated down to the last leaves,
 * the tape is rewound: each operator turns its output's gradient into its inputs' gradients. Those
 * of inputs that are leaves themselves are added up here; for the others, libtorch walks the
 * earlier piece from the input on, with its gradient, down to that piece's leaves.
 *
 * <p>libtorch frees a piece as soon as it has been walked once, so an array that reaches the loss
 * in more than one way, of which one passes a recorded operator, must be {@linkplain #cut cut}
 * first: the start of a residual block, and an array that feeds two recorded operators.
 */
public final class Tape {
  /** What libtorch says of an array that was computed from nothing that wants a gradient. */
  private static final String NOT_IN_GRAPH = "does not require grad and does not have a grad_fn";

  private static final ThreadLocal<Tape> CURRENT = new ThreadLocal<>();

  private final Deque<Leaf> leaves = new ArrayDeque<>();
  private final Map<NDArray, Leaf> leafOf = new IdentityHashMap<>();

  /** An array that starts a piece of the graph. */
  private static final class Leaf {
    final NDArray array;

    /** Hands the leaf's gradient to the piece before. */
    final Consumer<NDArray> handBack;

    /** What operators that read the leaf have added to its gradient; null if none has. */
    NDArray gradient;

    Leaf(NDArray array, Consumer<NDArray> handBack) {
      this.array = array;
      this.handBack = handBack;
    }
  }

  /** Differentiates an operator. */
  @FunctionalInterface
  public interface Backward {
    /**
     * Adds to the gradients of the operator's inputs.
     *
     * @param saved what the forward pass has saved; closed afterwards
     * @param outputGradient of the output's shape
     * @param gradients one for each input, of its shape
     */
    void addTo(NDList saved, NDArray outputGradient, NDList gradients);
  }

  Tape() {}

  /**
   * The tape that records on this thread.
   *
   * @return null outside training, and where autograd is switched off
   */
  public static Tape current() {
    Tape tape = CURRENT.get();
    return tape != null && GradientMode.isOn() ? tape : null;
  }

  /**
   * Ends a piece of the graph at an array that is used more than once.
   *
   * @param x the array
   * @return x itself outside training; else a leaf with the same values, to be used in its place
   */
  public static NDArray cut(NDArray x) {
    Tape tape = current();
    if (tape == null) {
      return x;
    }
    keep(x);
    return tape.leaf(
        x.stopGradient(),
        gradient -> {
          if (tape.leafOf.containsKey(x)) {
            try (GradientMode off = GradientMode.off()) {
              tape.gradientToAddTo(x).addi(gradient);
            }
          }
          tape.propagate(new NDList(x), new NDList(gradient));
        });
  }

  /**
   * Runs an operator outside the graph and remembers how to differentiate it.
   *
   * @param inputs every array that the operator reads, each once
   * @param forward computes the output, followed by any arrays that the backward pass wants again
   * @param backward adds to the inputs' gradients
   * @return the output, as a leaf of the graph
   */
  public NDArray record(NDList inputs, Supplier<NDList> forward, Backward backward) {
    NDList saved;
    try (GradientMode off = GradientMode.off()) {
      saved = forward.get();
    }
    NDArray output = saved.remove(0);
    inputs.forEach(Tape::keep);
    saved.forEach(Tape::keep);
    return leaf(
        output,
        outputGradient -> {
          NDList gradients = new NDList();
          try (GradientMode off = GradientMode.off();
              NDList toClose = saved) {
            inputs.forEach(input -> gradients.add(gradientToAddTo(input)));
            backward.addTo(toClose, outputGradient, gradients);
          }
          propagate(inputs, gradients);
        });
  }

  private NDArray leaf(NDArray array, Consumer<NDArray> handBack) {
    array.setRequiresGradient(true);
    keep(array);
    Leaf leaf = new Leaf(array, handBack);
    leaves.push(leaf);
    leafOf.put(array, leaf);
    return array;
  }

  /** A leaf's own gradient, which needs no walk through the graph; zeros for another array. */
  private NDArray gradientToAddTo(NDArray input) {
    Leaf leaf = leafOf.get(input);
    if (leaf != null && leaf.gradient != null) {
      return leaf.gradient;
    }
    NDArray zeros =
        input.getManager().zeros(input.getShape(), input.getDataType(), input.getDevice());
    if (leaf != null) {
      keep(zeros);
      leaf.gradient = zeros;
    }
    return zeros;
  }

  /** Makes this the tape of the current thread. */
  void open() {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("a tape is already recording on this thread");
    }
    CURRENT.set(this);
  }

  /**
   * Plays the tape back, last leaf first. The loss must have been differentiated before. What it
   * does not depend on stays, for another loss.
   */
  void rewind() {
    Deque<Leaf> unreached = new ArrayDeque<>();
    while (!leaves.isEmpty()) {
      Leaf leaf = leaves.pop();
      if (((PtNDArray) leaf.array).isReleased()) {
        leafOf.remove(leaf.array);
        continue; // its batch is over
      }
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray gradient = gradient(leaf);
        if (gradient == null) {
          unreached.add(leaf);
        } else {
          leafOf.remove(leaf.array);
          leaf.handBack.accept(gradient);
        }
      }
    }
    leaves.addAll(unreached);
  }

  /** All of a leaf's gradient, or null if nothing has reached it; freed with the current scope. */
  private static NDArray gradient(Leaf leaf) {
    NDArray ofGraph = JniUtils.getGradient((PtNDArray) leaf.array);
    if (leaf.gradient == null) {
      return ofGraph;
    }
    NDScope.register(leaf.gradient);
    try (GradientMode off = GradientMode.off()) {
      return ofGraph == null ? leaf.gradient : leaf.gradient.addi(ofGraph);
    }
  }

  /** Forgets what was recorded and stops recording. */
  void close() {
    leaves.clear();
    leafOf.clear();
    CURRENT.remove();
  }

  /** A scope may end before the tape is rewound: what the tape needs must outlive it. */
  private static void keep(NDArray array) {
    NDScope.unregister(array);
  }

  /** Adds gradients to what inputs were computed from, where they are not leaves of this tape. */
  private void propagate(NDList inputs, NDList gradients) {
    int last = -1;
    for (int i = 0; i < inputs.size(); i++) {
      boolean largest = last < 0 || inputs.get(i).size() >= inputs.get(last).size();
      if (largest && !leafOf.containsKey(inputs.get(i))) {
        last = i;
      }
    }
    for (int i = 0; i < inputs.size(); i++) {
      if (i != last && !leafOf.containsKey(inputs.get(i))) {
        // Inputs may have a piece of the graph in common, so only the last walk frees it.
        walk(inputs.get(i), gradients.get(i), true);
      }
    }
    if (last >= 0) {
      walk(inputs.get(last), gradients.get(last), false);
    }
  }

  private static void walk(NDArray array, NDArray gradient, boolean keepGraph) {
    try {
      JniUtils.backward((PtNDArray) array, (PtNDArray) gradient, keepGraph, false);
    } catch (EngineException e) {
      // Of an array with a history, DJL cannot tell whether there is one: libtorch has to.
      if (e.getMessage() == null || !e.getMessage().contains(NOT_IN_GRAPH)) {
        throw e;
      }
    }
  }
}
