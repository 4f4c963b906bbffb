package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.function.Function;

/** How long the intermediate results of a prediction live: not longer than the prediction. */
public final class Prediction {
  private Prediction() {}

  /**
   * Computes with an array and, in prediction, frees all that is made on the way. An operation's
   * result belongs to the manager of its first operand, so the input is handed on as another handle
   * on the same elements, in a manager that ends here.
   *
   * @param input what is computed with, such as images; stays as it is
   * @param training whether this is a training step, whose graph needs what is made on the way;
   *     where a tape is recording, or a gradient of the input is wanted, that stays, too
   * @param part what is computed of the input it is given
   * @param arrays the arrays of what the part gives
   * @param <R> what the part gives
   * @return what the part gives, its arrays in the input's manager, and in the scope around, if
   *     there is one; but arrays that were there before stay where they are
   */
  public static <R> R run(
      NDArray input, boolean training, Function<NDArray, R> part, Function<R, NDList> arrays) {
    if (training || Tape.current() != null || (input.hasGradient() && GradientMode.isOn())) {
      return part.apply(input);
    }
    NDManager manager = input.getManager();
    // Wherever the manager makes its arrays, those of the way are made beside the input.
    try (NDManager temporary = manager.newSubManager(input.getDevice())) {
      NDArray borrowed = input.reshape(input.getShape());
      borrowed.attach(temporary);
      R result = part.apply(borrowed);
      for (NDArray array : arrays.apply(result)) {
        if (array.getManager() == temporary) {
          array.attach(manager);
          NDScope.register(array);
        }
      }
      return result;
    }
  }

  /**
   * The same, of a part that gives one array.
   *
   * @param input as above
   * @param training as above
   * @param part as above
   * @return as above
   */
  public static NDArray run(NDArray input, boolean training, Function<NDArray, NDArray> part) {
    return run(input, training, part, array -> new NDList(array));
  }
}
