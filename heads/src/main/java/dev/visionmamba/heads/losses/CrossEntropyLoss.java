package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.loss.Loss;

/**
 * Cross-entropy of classes that exclude each other, for rows and for maps. Of the scores s of a
 * place with label y and of the classes' weights w it is
 *
 * <pre>
 *   -w_y log softmax(s)_y = w_y (log sum_k exp(s_k) - s_y)
 * </pre>
 *
 * in the stable form that subtracts the greatest score first. A place with the ignored label adds
 * nothing, and its scores' gradient is 0.
 *
 * <p>As a loss of a trainer it takes one array of scores and one of labels. Instances do not
 * change: a method that sets an option returns another loss.
 */
public final class CrossEntropyLoss extends Loss {
  /** What the sum over places is divided by. */
  public enum Average {
    /** All places, ignored ones among them: the default of mmseg and mmdet. */
    ALL,
    /** The places that are not ignored; 1 if there are none. mmseg: {@code avg_non_ignore}. */
    COUNTED,
    /**
     * The sum of the class weights of the places that are not ignored; 1 if there are none, or if
     * all have weight 0. What PyTorch's {@code cross_entropy} calls its mean.
     */
    WEIGHTED
  }

  private final long ignored;
  private final float[] classWeights;
  private final boolean channelLast;
  private final Average average;

  /**
   * A loss that ignores no label, weighs all classes alike, reads the classes at axis 1 and divides
   * by all places.
   *
   * @param name of the loss in a trainer's metrics
   */
  public CrossEntropyLoss(String name) {
    this(name, LabelMap.NONE, null, false, Average.ALL);
  }

  private CrossEntropyLoss(
      String name, long ignored, float[] classWeights, boolean channelLast, Average average) {
    super(name);
    this.ignored = ignored;
    this.classWeights = classWeights;
    this.channelLast = channelLast;
    this.average = average;
  }

  /**
   * A loss that ignores a label.
   *
   * @param label any number, within the classes or not; usually 255
   * @return the loss
   */
  public CrossEntropyLoss ignoring(int label) {
    return new CrossEntropyLoss(getName(), label, classWeights, channelLast, average);
  }

  /**
   * A loss that weighs classes.
   *
   * @param weights one for each class, finite and at least 0
   * @return the loss
   * @throws IllegalArgumentException if a weight is out of range
   */
  public CrossEntropyLoss weighing(float... weights) {
    for (int i = 0; i < weights.length; i++) {
      Operands.requireOption(
          weights[i] >= 0 && weights[i] < Float.POSITIVE_INFINITY,
          "weights[" + i + "]",
          "finite and at least 0",
          weights[i]);
    }
    return new CrossEntropyLoss(getName(), ignored, weights.clone(), channelLast, average);
  }

  /**
   * A loss that reads the classes at the last axis.
   *
   * @return the loss
   */
  public CrossEntropyLoss channelLast() {
    return new CrossEntropyLoss(getName(), ignored, classWeights, true, average);
  }

  /**
   * A loss with another average.
   *
   * @param wanted what the sum is divided by
   * @return the loss
   */
  public CrossEntropyLoss averaging(Average wanted) {
    return new CrossEntropyLoss(getName(), ignored, classWeights, channelLast, wanted);
  }

  /**
   * The loss of the first array of each list; see {@link #evaluate(NDArray, NDArray)}.
   *
   * @param labels one array of labels
   * @param predictions one array of scores
   * @return a scalar
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    return evaluate(predictions.head(), labels.head());
  }

  /**
   * The average over places.
   *
   * @param scores before softmax, finite: rows (N, K), maps (B, K, H, W) or any (B, K, ...); or (B,
   *     ..., K) if channel-last
   * @param labels integers, 0 to K - 1 or the ignored one, in the scores' shape without K, or with
   *     1 in its place: (N), (B, H, W), (B, 1, H, W)
   * @return a scalar, at least 0; 0 if all places are ignored or there are none
   * @throws IllegalArgumentException if shapes, types, labels or the number of class weights do not
   *     fit, or scores are not finite
   */
  public NDArray evaluate(NDArray scores, NDArray labels) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      LabelMap map = LabelMap.of(scores, labels, channelLast, ignored, 1);
      NDArray weights = weights(scores, map);
      NDArray divisor =
          switch (average) {
            case ALL -> Operands.factor(scores, Math.max(1, map.labels().size()));
            case COUNTED ->
                map.counted()
                    .toType(DataType.INT64, false)
                    .sum()
                    .clip(1, Long.MAX_VALUE)
                    .toType(scores.getDataType(), false);
            case WEIGHTED -> {
              NDArray sum = weights.sum();
              yield sum.add(sum.eq(0).toType(scores.getDataType(), false));
            }
          };
      return finished(sum(scores, map, weights).div(divisor), scores);
    }
  }

  /**
   * The sum over places, each with a weight of its own, divided by a given number: what a box head
   * trains its classes with.
   *
   * @param scores as above
   * @param labels as above
   * @param weights in the shape of the labels, of the scores' type; null: all 1
   * @param averageFactor what the sum is divided by, at least 0; less than 1 counts as 1
   * @return a scalar; 0 if all places are ignored or there are none
   * @throws IllegalArgumentException if shapes, types, labels or the number of class weights do not
   *     fit, or numbers are not finite
   */
  public NDArray evaluate(NDArray scores, NDArray labels, NDArray weights, double averageFactor) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      LabelMap map = LabelMap.of(scores, labels, channelLast, ignored, 1);
      NDArray all = weights(scores, map);
      if (weights != null) {
        Operands.requireShape("weights", weights, labels.getShape());
        NDArray beside = weights.reshape(map.labels().getShape());
        Operands.requireLike("weights", beside, "scores, one channel of them,", all);
        all = all.mul(beside);
      }
      NDArray sum = sum(scores, map, all);
      return finished(sum.div(Operands.divisor(sum, averageFactor)), scores);
    }
  }

  private static NDArray sum(NDArray scores, LabelMap map, NDArray weights) {
    NDArray likelihood = scores.logSoftmax(map.axis()).gather(map.labels(), map.axis());
    return likelihood.mul(weights).sum().neg();
  }

  /** In the labels' shape: the weight of the label's class, 0 where it is ignored. */
  private NDArray weights(NDArray scores, LabelMap map) {
    NDArray counted = map.counted().toType(scores.getDataType(), false);
    if (classWeights == null) {
      return counted;
    }
    if (classWeights.length != map.classes()) {
      throw Operands.misfit("weights of classes", map.classes() + " numbers", classWeights.length);
    }
    NDArray table =
        scores
            .getManager()
            .create(classWeights)
            .toType(scores.getDataType(), false)
            .toDevice(scores.getDevice(), false);
    NDArray each = table.gather(map.labels().reshape(map.labels().size()), 0);
    return each.reshape(map.labels().getShape()).mul(counted);
  }

  private static NDArray finished(NDArray loss, NDArray scores) {
    Operands.requireFinite(loss, "scores", scores);
    NDScope.unregister(loss);
    return loss;
  }
}
