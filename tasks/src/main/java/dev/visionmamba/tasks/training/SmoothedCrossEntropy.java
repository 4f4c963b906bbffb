package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;

/**
 * Cross-entropy with label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7): the target
 * is 1 - smoothing at the label, plus smoothing / classes everywhere.
 */
final class SmoothedCrossEntropy extends Loss {
  private final float smoothing;

  SmoothedCrossEntropy(float smoothing) {
    super("loss");
    this.smoothing = smoothing;
  }

  /** Labels (B), int64, and scores (B, classes) to the mean loss, a scalar. */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray log = predictions.head().logSoftmax(1); // (B, classes)
    NDArray index = labels.head().reshape(-1, 1);
    NDArray loss = log.gather(index, 1).mean().neg();
    if (smoothing == 0) {
      return loss;
    }
    // Not mul(number): autograd saves the factor, which then must not be Java's to take away.
    NDManager manager = loss.getManager();
    NDArray kept = manager.full(new Shape(), 1 - smoothing, loss.getDataType());
    NDArray spread = manager.full(new Shape(), smoothing, loss.getDataType());
    return loss.mul(kept).sub(log.mean().mul(spread));
  }
}
