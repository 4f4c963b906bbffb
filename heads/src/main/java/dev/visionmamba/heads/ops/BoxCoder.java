package dev.visionmamba.heads.ops;

/**
 * Box regression (Girshick et al. 2014, arXiv:1311.2524, appendix C): the way from a box to another
 * as four numbers, the shift of the centre in widths and heights of the first box, and the
 * logarithms of the ratios of widths and heights; less a mean, by a deviation. Computed in float64.
 *
 * @param means four, subtracted on encoding
 * @param deviations four, divided by on encoding; detectron2's weights are their inverses
 * @param smallestLogRatio the least logarithm that is decoded; negative infinity for no limit
 * @param largestLogRatio the largest logarithm that is decoded
 */
public record BoxCoder(
    double[] means, double[] deviations, double smallestLogRatio, double largestLogRatio) {
  /** The ratio of two sides at most: of an image of 1000 pixels to a stride of 16. */
  private static final double LARGEST_RATIO = 1000.0 / 16;

  /** Copies the arrays. */
  public BoxCoder {
    means = means.clone();
    deviations = deviations.clone();
    if (means.length != Boxes.COORDINATES || deviations.length != Boxes.COORDINATES) {
      throw new IllegalArgumentException(
          String.format(
              "a box coder needs 4 means and 4 deviations, got %d and %d",
              means.length, deviations.length));
    }
  }

  /**
   * The coder of mmdetection: means 0, logarithms decoded between -ln(1000/16) and ln(1000/16).
   *
   * @param deviations four: 1, 1, 1, 1 for anchors, 0.1, 0.1, 0.2, 0.2 for proposals as published
   * @return the coder
   */
  public static BoxCoder ofDeviations(double... deviations) {
    double limit = Math.log(LARGEST_RATIO);
    return new BoxCoder(new double[Boxes.COORDINATES], deviations, -limit, limit);
  }

  /**
   * The coder of detectron2: logarithms decoded up to ln(1000/16), without a lower limit.
   *
   * @param weights four, multiplied by on encoding
   * @return the coder
   */
  public static BoxCoder ofWeights(double... weights) {
    double[] deviations = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      deviations[i] = 1 / weights[i];
    }
    return new BoxCoder(
        new double[Boxes.COORDINATES],
        deviations,
        Double.NEGATIVE_INFINITY,
        Math.log(LARGEST_RATIO));
  }

  /**
   * What is subtracted on encoding.
   *
   * @return a copy
   */
  @Override
  public double[] means() {
    return means.clone();
  }

  /**
   * What is divided by on encoding.
   *
   * @return a copy
   */
  @Override
  public double[] deviations() {
    return deviations.clone();
  }

  /**
   * The ways from boxes to others.
   *
   * @param boxes n boxes, wider and higher than 0
   * @param targets n boxes, wider and higher than 0
   * @return n x 4
   * @throws IllegalArgumentException if there are not as many targets as boxes
   */
  public float[] encode(float[] boxes, float[] targets) {
    int count = Boxes.count(boxes);
    if (targets.length != boxes.length) {
      throw new IllegalArgumentException(
          count + " boxes need as many targets, but there are " + targets.length / 4.0);
    }
    float[] deltas = new float[boxes.length];
    for (int i = 0; i < boxes.length; i += Boxes.COORDINATES) {
      double width = (double) boxes[i + 2] - boxes[i];
      double height = (double) boxes[i + 3] - boxes[i + 1];
      double targetWidth = (double) targets[i + 2] - targets[i];
      double targetHeight = (double) targets[i + 3] - targets[i + 1];
      double dx = ((double) targets[i] + targets[i + 2] - boxes[i] - boxes[i + 2]) / 2 / width;
      double dy =
          ((double) targets[i + 1] + targets[i + 3] - boxes[i + 1] - boxes[i + 3]) / 2 / height;
      deltas[i] = normalized(dx, 0);
      deltas[i + 1] = normalized(dy, 1);
      deltas[i + 2] = normalized(Math.log(targetWidth / width), 2);
      deltas[i + 3] = normalized(Math.log(targetHeight / height), 3);
    }
    return deltas;
  }

  private float normalized(double delta, int i) {
    return (float) ((delta - means[i]) / deviations[i]);
  }

  /**
   * Where deltas lead from boxes.
   *
   * @param boxes n boxes
   * @param deltas n x k x 4: k ways from each box, one a class
   * @return n x k boxes, not clipped
   * @throws IllegalArgumentException if there is not the same number of deltas for every box
   */
  public float[] decode(float[] boxes, float[] deltas) {
    int count = Boxes.count(boxes);
    if (count == 0 ? deltas.length != 0 : deltas.length % boxes.length != 0) {
      throw new IllegalArgumentException(
          deltas.length + " deltas are not 4 or a multiple of it for each of " + count + " boxes");
    }
    float[] decoded = new float[deltas.length];
    int each = count == 0 ? 0 : deltas.length / count;
    for (int i = 0; i < deltas.length; i += Boxes.COORDINATES) {
      decode(boxes, i / each * Boxes.COORDINATES, deltas, i, decoded, i);
    }
    return decoded;
  }

  /** One box: four floats from a place of each array. */
  void decode(float[] boxes, int box, float[] deltas, int delta, float[] to, int at) {
    double width = (double) boxes[box + 2] - boxes[box];
    double height = (double) boxes[box + 3] - boxes[box + 1];
    double x = ((double) boxes[box] + boxes[box + 2]) / 2 + width * raw(deltas, delta, 0);
    double y = ((double) boxes[box + 1] + boxes[box + 3]) / 2 + height * raw(deltas, delta, 1);
    double halfWidth = width * Math.exp(limited(raw(deltas, delta, 2))) / 2;
    double halfHeight = height * Math.exp(limited(raw(deltas, delta, 3))) / 2;
    to[at] = (float) (x - halfWidth);
    to[at + 1] = (float) (y - halfHeight);
    to[at + 2] = (float) (x + halfWidth);
    to[at + 3] = (float) (y + halfHeight);
  }

  private double raw(float[] deltas, int at, int i) {
    return deltas[at + i] * deviations[i] + means[i];
  }

  private double limited(double logRatio) {
    return Math.min(Math.max(logRatio, smallestLogRatio), largestLogRatio);
  }
}
