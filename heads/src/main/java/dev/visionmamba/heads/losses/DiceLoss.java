package dev.visionmamba.heads.losses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.loss.Loss;
import java.util.Arrays;

/**
 * One minus the Dice coefficient of predicted and true regions (Milletari et al. 2016, "V-Net",
 * arXiv:1606.04797, section 3). For each image and class, with the probabilities p of its pixels
 * and g = 1 where they are of the class, 0 elsewhere:
 *
 * <pre>
 *   1 - (2 sum p g + s) / (sum p^2 + sum g^2 + s)
 * </pre>
 *
 * averaged over images and classes. The smoothing s keeps an image without a class from dividing by
 * 0. Probabilities are the softmax of the scores over the classes; of a single channel, which
 * stands for foreground, the sigmoid.
 *
 * <p>Pixels with the ignored label are left out of all three sums. (mmseg leaves them out of the
 * numerator alone, so that there an ignored pixel pulls its probabilities to 0.)
 *
 * <p>As a loss of a trainer it takes one array of scores and one of labels. Instances do not
 * change: a method that sets an option returns another loss.
 */
public final class DiceLoss extends Loss {
  private final float smoothing;
  private final long ignored;
  private final boolean channelLast;

  /**
   * A loss with smoothing 1 that ignores no label and reads the classes at axis 1.
   *
   * @param name of the loss in a trainer's metrics
   */
  public DiceLoss(String name) {
    this(name, 1, LabelMap.NONE, false);
  }

  private DiceLoss(String name, float smoothing, long ignored, boolean channelLast) {
    super(name);
    this.smoothing = smoothing;
    this.ignored = ignored;
    this.channelLast = channelLast;
  }

  /**
   * A loss with another smoothing.
   *
   * @param added to numerator and denominator, finite and greater than 0
   * @return the loss
   * @throws IllegalArgumentException if it is out of range
   */
  public DiceLoss smoothing(float added) {
    Operands.requireOption(
        added > 0 && added < Float.POSITIVE_INFINITY,
        "smoothing",
        "finite and greater than 0",
        added);
    return new DiceLoss(getName(), added, ignored, channelLast);
  }

  /**
   * A loss that ignores a label.
   *
   * @param label any number, within the classes or not; usually 255
   * @return the loss
   */
  public DiceLoss ignoring(int label) {
    return new DiceLoss(getName(), smoothing, label, channelLast);
  }

  /**
   * A loss that reads the classes at the last axis.
   *
   * @return the loss
   */
  public DiceLoss channelLast() {
    return new DiceLoss(getName(), smoothing, ignored, true);
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
   * The average over images and classes.
   *
   * @param scores before softmax or sigmoid, finite: (B, K, H, W) or any (B, K, ...) with at least
   *     one axis more; or (B, ..., K) if channel-last
   * @param labels integers, 0 to K - 1 (0 and 1 if K is 1) or the ignored one, in the scores' shape
   *     without K, or with 1 in its place: (B, H, W), (B, 1, H, W)
   * @return a scalar within [0, 1]; 0 if all pixels are ignored or there are none
   * @throws IllegalArgumentException if shapes, types or labels do not fit, or scores are not
   *     finite
   */
  public NDArray evaluate(NDArray scores, NDArray labels) {
    if (scores.getShape().dimension() < 3) {
      throw Operands.misfit("scores", "maps, of three axes at least", scores.getShape());
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      LabelMap map = LabelMap.of(scores, labels, channelLast, ignored, 2);
      NDArray truth = map.labels().eq(numbers(scores, map)).logicalAnd(map.counted());
      NDArray all = map.classes() == 1 ? Activation.sigmoid(scores) : scores.softmax(map.axis());
      NDArray probabilities = all.mul(map.counted());
      NDArray smooth = Operands.factor(scores, smoothing);
      NDArray common = sum(probabilities.mul(truth), map);
      NDArray area = sum(truth.toType(scores.getDataType(), false), map);
      NDArray numerator = common.add(common).add(smooth);
      NDArray denominator = sum(probabilities.square(), map).add(area).add(smooth);
      NDArray each = numerator.div(denominator).neg().add(1); // (B, K)
      NDArray loss = each.sum().div(Operands.factor(scores, Math.max(1, each.size())));
      Operands.requireFinite(loss, "scores", scores);
      NDScope.unregister(loss);
      return loss;
    }
  }

  /** The classes' numbers along their axis: 0 to K - 1, or 1 where there is foreground alone. */
  private static NDArray numbers(NDArray scores, LabelMap map) {
    int first = map.classes() == 1 ? 1 : 0;
    long[] alongAxis = new long[scores.getShape().dimension()];
    Arrays.fill(alongAxis, 1);
    alongAxis[map.axis()] = map.classes();
    return scores
        .getManager()
        .arange(first, first + (int) map.classes(), 1, DataType.INT64)
        .toDevice(scores.getDevice(), false)
        .reshape(new Shape(alongAxis));
  }

  /** The sum over pixels, (B, K). */
  private static NDArray sum(NDArray maps, LabelMap map) {
    int dimensions = maps.getShape().dimension();
    int[] axes = new int[dimensions - 2];
    for (int axis = 1, i = 0; axis < dimensions; axis++) {
      if (axis != map.axis()) {
        axes[i++] = axis;
      }
    }
    return maps.sum(axes);
  }
}
