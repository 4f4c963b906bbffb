package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;

/**
 * Mask R-CNN's mask loss (He et al. 2017, arXiv:1703.06870, section 3): a mask head gives a map of
 * logits for each class, and of each object only the map of its own class is trained, by the mean
 * {@linkplain BinaryCrossEntropyLoss binary cross-entropy} over all pixels of all objects.
 */
public record MaskLoss() {
  /**
   * The mean over objects and pixels.
   *
   * @param logits (P, K, H, W), finite: P objects, which may be 0, K classes
   * @param classes (P), integers, 0 to K - 1; all 0 where K is 1, a mask head that knows no classes
   * @param targets (P, H, W), of the logits' type, within [0, 1]: the share of the pixel that the
   *     object covers, or 0 and 1
   * @return a scalar; 0 if there are no objects
   * @throws IllegalArgumentException if shapes, types, classes or targets do not fit, or logits of
   *     the objects' classes are not finite
   */
  public NDArray evaluate(NDArray logits, NDArray classes, NDArray targets) {
    Shape shape = Operands.requirePrediction("logits", logits);
    if (shape.dimension() != 4 || shape.get(1) < 1) {
      throw Operands.misfit("logits", "of shape (objects, classes, height, width)", shape);
    }
    long objects = shape.get(0);
    long pixels = shape.get(2) * shape.get(3);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray own = Operands.labels("classes", classes, new Shape(objects));
      Operands.requireBetween("classes", own, 0, shape.get(1) - 1);
      Operands.requireShape("targets", targets, new Shape(objects, shape.get(2), shape.get(3)));
      NDArray index = own.reshape(objects, 1, 1).broadcast(new Shape(objects, 1, pixels));
      NDArray chosen =
          logits
              .reshape(objects, shape.get(1), pixels)
              .gather(index, 1)
              .reshape(objects, shape.get(2), shape.get(3));
      NDArray loss =
          new BinaryCrossEntropyLoss().evaluate(chosen, targets, null, objects * (double) pixels);
      NDScope.unregister(loss);
      return loss;
    }
  }
}
