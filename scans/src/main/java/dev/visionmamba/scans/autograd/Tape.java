package dev.visionmamba.scans.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Joins operators with hand-written backward passes to libtorch's autograd graph, which DJL offers
 * no way to extend.
 *
 * <p>The graph is kept in pieces. A recorded operator runs outside the graph, and its output is a
 * leaf that starts the next piece. When the loss has been differentiated down to the last leaves,
 * the tape is rewound: each operator turns its output's gradient into its inputs' gradients, and
 * the earlier piece is entered with the scalar sum(input * gradient), whose own gradient is just
 * that.
 *
 * <p>libtorch frees a piece as soon as it has been walked once, so an array that reaches the loss
 * in more than one way, of which one passes a recorded operator, must be {@linkplain #cut cut}
 * first: the start of a residual block, and an array that feeds two recorded operators.
 */
public final class Tape {
  private static final ThreadLocal<Tape> CURRENT = new ThreadLocal<>();

  private final Deque<Record> records = new ArrayDeque<>();

  /** A leaf that starts a piece of the graph, and what hands its gradient to the piece before. */
  private record Record(NDArray leaf, Consumer<NDArray> handBack) {}

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
    NDArray leaf = leaf(x.stopGradient());
    keep(x);
    tape.records.push(new Record(leaf, gradient -> propagate(new NDList(x), new NDList(gradient))));
    return leaf;
  }

  /**
   * Runs an operator outside the graph and remembers how to differentiate it.
   *
   * @param inputs every array that the operator reads
   * @param forward computes the output, followed by any arrays that the backward pass wants again
   * @param backward turns those arrays and the output's gradient into one gradient for each input
   * @return the output, as a leaf of the graph
   */
  public NDArray record(
      NDList inputs, Supplier<NDList> forward, BiFunction<NDList, NDArray, NDList> backward) {
    NDList saved;
    NDArray output;
    try (GradientMode off = GradientMode.off()) {
      saved = forward.get();
      output = leaf(saved.remove(0));
    }
    inputs.forEach(Tape::keep);
    saved.forEach(Tape::keep);
    records.push(
        new Record(
            output,
            gradient -> {
              NDList gradients;
              try (GradientMode off = GradientMode.off();
                  NDList toClose = saved) {
                gradients = backward.apply(toClose, gradient);
              }
              propagate(inputs, gradients);
            }));
    return output;
  }

  /** Makes this the tape of the current thread. */
  void open() {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("a tape is already recording on this thread");
    }
    CURRENT.set(this);
  }

  /**
   * Plays the records back, last first. The loss must have been differentiated before. What it does
   * not depend on stays, for another loss.
   */
  void rewind() {
    Deque<Record> unreached = new ArrayDeque<>();
    while (!records.isEmpty()) {
      Record record = records.pop();
      if (((PtNDArray) record.leaf()).isReleased()) {
        continue; // its batch is over
      }
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray gradient = JniUtils.getGradient((PtNDArray) record.leaf());
        if (gradient == null) {
          unreached.add(record);
        } else {
          record.handBack().accept(gradient);
        }
      }
    }
    records.addAll(unreached);
  }

  /** Forgets what was recorded and stops recording. */
  void close() {
    records.clear();
    CURRENT.remove();
  }

  private static NDArray leaf(NDArray array) {
    array.setRequiresGradient(true);
    keep(array);
    return array;
  }

  /** A scope may end before the tape is rewound: what the tape needs must outlive it. */
  private static void keep(NDArray array) {
    NDScope.unregister(array);
  }

  /** Adds gradients to the leaves that inputs were computed from. */
  private static void propagate(NDList inputs, NDList gradients) {
    // A leaf of its own keeps the walk legal where no input is part of a graph (frozen layers).
    NDArray sum = inputs.head().getManager().zeros(new Shape());
    sum.setRequiresGradient(true);
    for (int i = 0; i < inputs.size(); i++) {
      sum = sum.add(inputs.get(i).flatten().dot(gradients.get(i).flatten()));
    }
    JniUtils.backward((PtNDArray) sum, (PtNDArray) sum.onesLike(), false, false);
  }
}
