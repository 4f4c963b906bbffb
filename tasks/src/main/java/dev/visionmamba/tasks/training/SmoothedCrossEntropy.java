package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;

/**
 * Cross-entropy with label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7): the target
 * is 1 - smoothing at the label, plus smoothing / classes everywhere. Of mixed images the targets
 * are mixed, which is smoothed the same way.
 */
final class SmoothedCrossEntropy extends Loss {
  private final float smoothing;

  SmoothedCrossEntropy(float smoothing) {
    super("loss");
    this.smoothing = smoothing;
  }

  /**
   * The mean loss, a scalar, of scores (B, classes) and labels (B), int64, or the classes' shares
   * (B, classes).
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray log = predictions.head().logSoftmax(1); // (B, classes)
    NDArray target = labels.head();
    NDArray likelihood =
        target.getShape().dimension() == 1
            ? log.gather(target.reshape(-1, 1), 1)
            : log.mul(target).sum(new int[] {1});
    NDArray loss = likelihood.mean().neg();
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
