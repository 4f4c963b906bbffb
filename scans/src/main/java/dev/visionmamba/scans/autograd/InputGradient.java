package dev.visionmamba.scans.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.UnaryOperator;

/**
 * How a number that a network computes depends on what it is given: gradients of inputs, through
 * the scan engines, without a trainer. Saliency maps and receptive fields are made of them.
 */
public final class InputGradient {
  private InputGradient() {}

  /**
   * The gradient of a number with respect to the array that it is computed of. Parameters that are
   * not frozen get gradients, too, which add to those that they have.
   *
   * @param input floating-point, of any shape; stays as it is
   * @param function computes one number of the array that it is given: of a network's forward pass
   *     as in training, since a prediction records nothing
   * @return of the input's shape, in the input's manager; all that was made on the way is freed
   * @throws IllegalArgumentException if the function gives more or less than one number
   * @throws IllegalStateException if a tape records on this thread already
   * @throws ai.djl.engine.EngineException if the number does not depend on the input
   */
  public static NDArray of(NDArray input, UnaryOperator<NDArray> function) {
    Tape tape = new Tape();
    tape.open();
    try (GradientMode on = GradientMode.set(true);
        NDManager work = input.getManager().newSubManager()) {
      PtNDArray leaf = leaf(input, work);
      NDArray target = function.apply(leaf);
      if (target.size() != 1) {
        throw new IllegalArgumentException(
            "a gradient is wanted of one number, but the function gives " + target.getShape());
      }
      JniUtils.backward((PtNDArray) target, (PtNDArray) target.onesLike(), false, false);
      tape.rewind();
      NDArray gradient = JniUtils.getGradient(leaf);
      gradient.attach(input.getManager());
      return gradient;
    } finally {
      tape.close();
    }
  }

  /** A copy that starts a graph. */
  private static PtNDArray leaf(NDArray input, NDManager manager) {
    try (GradientMode off = GradientMode.off()) {
      NDArray copy = input.duplicate();
      copy.attach(manager);
      copy.setRequiresGradient(true);
      return (PtNDArray) copy;
    }
  }
}
