package dev.visionmamba.heads.assign;

import dev.visionmamba.heads.ops.Boxes;
import java.util.Arrays;

/**
 * Assigns true boxes to anchors or proposals by their greatest intersection over union (Ren et al.
 * 2015, "Faster R-CNN", arXiv:1506.01497, section 3.1.2; the rules and their order are those of
 * mmdet 2.25). For each box, with its greatest overlap with any true box:
 *
 * <ol>
 *   <li>it is ignored if more than a share of its own area lies in an ignored region, such as a
 *       crowd;
 *   <li>it is background if the overlap is less than {@code negativeBelow};
 *   <li>it is the true box's, the first of those that overlap it most, if the overlap is at least
 *       {@code positiveFrom};
 *   <li>it is ignored otherwise.
 *   <li>With {@code matchLowQuality}, a true box then also takes the boxes that overlap it most of
 *       all, or the first of them, if they do so by at least {@code lowQualityFrom}. It takes them
 *       even from another true box, later ones from earlier ones.
 * </ol>
 *
 * Overlaps are compared in float32. Two corner cases differ from mmdet: a true box that overlaps no
 * box at all takes none (there, with a {@code lowQualityFrom} of 0, it takes every box that does
 * not overlap it), and ignored regions count also in an image without true boxes.
 *
 * @param positiveFrom the overlap that makes a positive, within (0, 1]
 * @param negativeBelow the overlap below which a box is background, within [0, positiveFrom]
 * @param lowQualityFrom the least overlap of a low-quality match, within [0, 1]
 * @param matchLowQuality whether true boxes take the boxes that overlap them most
 * @param assignAllOfMaximum whether they take all that overlap them equally, or the first alone
 * @param ignoreAbove the share of a box's area, within (0, 1], more than which in one ignored
 *     region makes it ignored; 0 or less: ignored regions have no effect
 */
public record MaxIoUAssigner(
    float positiveFrom,
    float negativeBelow,
    float lowQualityFrom,
    boolean matchLowQuality,
    boolean assignAllOfMaximum,
    float ignoreAbove) {
  /** A region proposal network's anchors. */
  public static final MaxIoUAssigner RPN = new MaxIoUAssigner(0.7f, 0.3f, 0.3f, true, true, -1);

  /** RetinaNet's anchors. */
  public static final MaxIoUAssigner RETINANET = new MaxIoUAssigner(0.5f, 0.4f, 0, true, true, -1);

  /** Proposals for the box head of Mask R-CNN. */
  public static final MaxIoUAssigner MASK_RCNN =
      new MaxIoUAssigner(0.5f, 0.5f, 0.5f, true, true, -1);

  private static final float[] NO_BOXES = {};

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is outside of its range
   */
  public MaxIoUAssigner {
    require(positiveFrom > 0 && positiveFrom <= 1, "positiveFrom", "(0, 1]", positiveFrom);
    require(
        negativeBelow >= 0 && negativeBelow <= positiveFrom,
        "negativeBelow",
        "[0, positiveFrom]",
        negativeBelow);
    require(lowQualityFrom >= 0 && lowQualityFrom <= 1, "lowQualityFrom", "[0, 1]", lowQualityFrom);
    require(ignoreAbove <= 1, "ignoreAbove", "[.., 1]", ignoreAbove);
  }

  private static void require(boolean holds, String name, String range, float got) {
    if (!holds) {
      throw new IllegalArgumentException(name + " must be within " + range + ", but is " + got);
    }
  }

  /**
   * Assigns to all boxes, without ignored regions.
   *
   * @param boxes (N, 4), flat
   * @param truths (M, 4), flat
   * @return what each box is to learn
   * @throws IllegalArgumentException if boxes are {@linkplain Boxes#require no boxes}
   */
  public Assignment assign(float[] boxes, float[] truths) {
    return assign(boxes, truths, NO_BOXES, null);
  }

  /**
   * Assigns to boxes.
   *
   * @param boxes (N, 4), flat; N may be 0
   * @param truths (M, 4), flat; M may be 0, and then every box is background
   * @param ignoredRegions (R, 4), flat; R may be 0
   * @param candidates (N), which boxes take part, as {@link AnchorFlags} gives them: the others are
   *     ignored and hide no overlap; null: all
   * @return what each box is to learn
   * @throws IllegalArgumentException if boxes are {@linkplain Boxes#require no boxes}, or the
   *     candidates are not N
   */
  public Assignment assign(
      float[] boxes, float[] truths, float[] ignoredRegions, boolean[] candidates) {
    int n = Boxes.require("boxes", boxes);
    int m = Boxes.require("truths", truths);
    Boxes.require("ignoredRegions", ignoredRegions);
    if (candidates != null && candidates.length != n) {
      throw new IllegalArgumentException(
          "candidates must be " + n + ", one for each box, but are " + candidates.length);
    }
    int[] truthOf = new int[n];
    float[] iouOf = new float[n];
    Maxima maxima = matchLowQuality ? new Maxima(m, assignAllOfMaximum) : null;
    for (int i = 0; i < n; i++) {
      if ((candidates != null && !candidates[i]) || isIgnored(boxes, i, ignoredRegions)) {
        truthOf[i] = Assignment.IGNORED;
        iouOf[i] = -1;
        continue;
      }
      float greatest = 0;
      int nearest = 0;
      for (int j = 0; j < m; j++) {
        float iou = Boxes.iou(boxes, i, truths, j);
        if (iou > 0) {
          if (iou > greatest) {
            greatest = iou;
            nearest = j;
          }
          if (maxima != null) {
            maxima.see(j, i, iou);
          }
        }
      }
      iouOf[i] = greatest;
      truthOf[i] =
          greatest >= positiveFrom
              ? nearest
              : m == 0 || greatest < negativeBelow ? Assignment.BACKGROUND : Assignment.IGNORED;
    }
    if (maxima != null) {
      maxima.take(truthOf, lowQualityFrom);
    }
    return new Assignment(m, truthOf, iouOf);
  }

  /** Whether a box lies in an ignored region by more than the allowed share of its area. */
  private boolean isIgnored(float[] boxes, int box, float[] regions) {
    if (ignoreAbove > 0) {
      for (int j = 0; j < Boxes.count(regions); j++) {
        if (Boxes.iof(boxes, box, regions, j) > ignoreAbove) {
          return true;
        }
      }
    }
    return false;
  }

  /** For each true box the boxes that overlap it most. */
  private static final class Maxima {
    private final boolean all;
    private final float[] greatest;
    private final int[] counts;
    private final int[][] boxes;

    Maxima(int truths, boolean all) {
      this.all = all;
      greatest = new float[truths];
      counts = new int[truths];
      boxes = new int[truths][8];
    }

    void see(int truth, int box, float iou) {
      if (iou > greatest[truth]) {
        greatest[truth] = iou;
        counts[truth] = 0;
      } else if (!all || iou < greatest[truth]) {
        return;
      }
      if (counts[truth] == boxes[truth].length) {
        boxes[truth] = Arrays.copyOf(boxes[truth], 2 * counts[truth]);
      }
      boxes[truth][counts[truth]++] = box;
    }

    void take(int[] truthOf, float least) {
      for (int truth = 0; truth < counts.length; truth++) {
        if (greatest[truth] >= least) {
          for (int k = 0; k < counts[truth]; k++) {
            truthOf[boxes[truth][k]] = truth;
          }
        }
      }
    }
  }
}
