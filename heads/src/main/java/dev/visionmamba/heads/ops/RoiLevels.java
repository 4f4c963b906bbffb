package dev.visionmamba.heads.ops;

/**
 * Which level of a pyramid a box is looked up in (Lin et al. 2017, arXiv:1612.03144, equation 1):
 * floor(log2(sqrt(width x height) / size + epsilon) + offset), held within the levels. In float32,
 * as the references compute it.
 *
 * @param size the side in pixels of a square box that belongs to the level of the offset, above 0
 * @param offset the level of such a box, the finest being {@code finest}
 * @param epsilon added to the ratio, so that rounding does not move a box of exactly the size; at
 *     least 0
 * @param finest the number of the finest level, by which the offset counts
 * @param levels how many levels, at least 1
 */
public record RoiLevels(float size, int offset, float epsilon, int finest, int levels) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if there is no level, the size is not above 0 or not finite,
   *     or epsilon is below 0
   */
  public RoiLevels {
    boolean finite = Float.isFinite(size) && Float.isFinite(epsilon);
    if (levels < 1 || !finite || size <= 0 || epsilon < 0) {
      throw new IllegalArgumentException(
          String.format(
              "boxes need at least one level, a size above 0 and an epsilon of at least 0, got %d,"
                  + " %s and %s",
              levels, size, epsilon));
    }
  }

  /**
   * The rule of mmdetection: floor(log2(sqrt(width x height) / 56 + 1e-6)), the finest level being
   * 0.
   *
   * @param levels how many levels; 4 as published
   * @return the rule
   */
  public static RoiLevels mmdetection(int levels) {
    return new RoiLevels(56f, 0, 1e-6f, 0, levels);
  }

  /**
   * The rule of detectron2: floor(4 + log2(sqrt(width x height) / 224 + 1e-8)), the finest level
   * being that of stride 4, number 2.
   *
   * @param levels how many levels; 4 as published
   * @return the rule
   */
  public static RoiLevels detectron2(int levels) {
    return new RoiLevels(224f, 4, 1e-8f, 2, levels);
  }

  /**
   * The level of each box.
   *
   * @param boxes n boxes; an empty one belongs to the finest level
   * @return n numbers from 0, the finest, to levels - 1
   */
  public int[] of(float[] boxes) {
    int[] of = new int[Boxes.count(boxes)];
    for (int i = 0; i < of.length; i++) {
      of[i] = of(boxes, i * Boxes.COORDINATES);
    }
    return of;
  }

  private int of(float[] boxes, int i) {
    float area = (boxes[i + 2] - boxes[i]) * (boxes[i + 3] - boxes[i + 1]);
    float ratio = (float) Math.sqrt(Math.max(area, 0f)) / size + epsilon;
    float log = (float) (Math.log(ratio) / Math.log(2));
    float level = (float) Math.floor(offset + log);
    return Math.round(Math.min(Math.max(level - finest, 0f), levels - 1f));
  }
}
