package dev.visionmamba.heads.ops;

import java.util.Arrays;

/**
 * The boxes that a suppression has kept, found by size and place. Two boxes whose intersection over
 * union exceeds t are of like width and height, and their centres are close. So a new box is
 * compared with those alone that lie in nearby cells of grids, one grid for each magnitude of width
 * and height; that suffices for the same result as comparing all pairs.
 *
 * <p>Let p be the ratio of the smaller width to the larger, W, and q that of the heights to the
 * larger, H. The intersection is at most pq WH, and the union at least (p + q - pq) WH: if one box
 * is the larger in both, the union is even WH. So pq / (p + q - pq) must exceed t. Let the
 * intersection be as wide as sW. It is at most as high as qH, and s is at most p, so that sq > t (s
 * + q - sq), or s > t / (1 + t - t/q).
 */
final class KeptBoxes {
  /** Bounds are a little wider than exact ones, more than float32 rounds. */
  private static final double MARGIN = 1.001;

  /** Magnitudes are binary exponents; what is smaller or larger counts with the last. */
  private static final int SMALLEST = -16;

  private static final int MAGNITUDES = 64;

  /** No cell has a larger number along either axis. */
  private static final double OUTERMOST = 1 << 30;

  private static final int STRIDE = 5;

  private final float threshold;

  /** A threshold that no pair is above without being above this one, however float32 rounds. */
  private final double bound;

  /** x1, y1, x2, y2, area of each. */
  private final float[] kept;

  private int count;

  /** First box of each cell, by the cell's hash; -1 for none. */
  private final int[] cells;

  private final int[] nextInCell;

  /** How many boxes there are of each kind, a magnitude of width with one of height. */
  private final int[] counts = new int[MAGNITUDES * MAGNITUDES];

  /** The first of them, if there is any. */
  private final int[] firsts = new int[MAGNITUDES * MAGNITUDES];

  private final int[] nextOfKind;
  private float largestWidth;
  private float largestHeight;

  /**
   * No boxes yet.
   *
   * @param capacity how many there can be
   * @param threshold of intersection over union
   */
  KeptBoxes(int capacity, float threshold) {
    this.threshold = threshold;
    this.bound = threshold / MARGIN;
    kept = new float[capacity * STRIDE];
    cells = new int[Math.max(2, Integer.highestOneBit(Math.max(1, capacity)) * 4)];
    nextInCell = new int[capacity];
    nextOfKind = new int[capacity];
    Arrays.fill(cells, -1);
    Arrays.fill(firsts, -1);
  }

  /**
   * Keeps a box unless one that was kept before suppresses it.
   *
   * @return whether it is kept
   */
  boolean add(float[] boxes, int at) {
    float x1 = boxes[at];
    float y1 = boxes[at + 1];
    float x2 = boxes[at + 2];
    float y2 = boxes[at + 3];
    float width = x2 - x1;
    float height = y2 - y1;
    if (!(width > 0 && height > 0)) {
      return true;
    }
    float area = width * height;
    int widest = magnitude(largest(width, largestWidth));
    int highest = magnitude(largest(height, largestHeight));
    int lowest = magnitude(smallest(height));
    for (int m = magnitude(smallest(width)); m <= widest; m++) {
      double alikeX = alike(width, m);
      for (int n = lowest; n <= highest; n++) {
        if (counts[m * MAGNITUDES + n] > 0) {
          double alikeY = alike(height, n);
          double product = alikeX * alikeY;
          if (product > bound * (alikeX + alikeY - product)
              && isSuppressed(
                  x1,
                  y1,
                  x2,
                  y2,
                  area,
                  m,
                  n,
                  radius(width, m, largestWidth, share(alikeY)),
                  radius(height, n, largestHeight, share(alikeX)))) {
            return false;
          }
        }
      }
    }
    insert(x1, y1, x2, y2, area);
    return true;
  }

  /** The least side that a box can have to suppress one with this side. */
  private float smallest(float side) {
    return (float) (side * bound);
  }

  /** The largest such side, which is not above the largest that there is. */
  private float largest(float side, float largest) {
    return (float) Math.min(side / bound, largest);
  }

  private static int magnitude(float side) {
    return Math.min(Math.max(Math.getExponent(side) - SMALLEST, 0), MAGNITUDES - 1);
  }

  /** One over the side of a cell, which is the least side of the magnitude. */
  private static double inverseCell(int magnitude) {
    return Math.scalb(1.0, -(magnitude + SMALLEST));
  }

  private static double least(int magnitude) {
    return magnitude == 0 ? 0 : Math.scalb(1.0, magnitude + SMALLEST);
  }

  private static double most(int magnitude, double largest) {
    return magnitude == MAGNITUDES - 1
        ? largest
        : Math.min(largest, Math.scalb(1.0, magnitude + SMALLEST + 1));
  }

  /**
   * The ratio of the smaller side to the larger, of this one and the one of a magnitude nearest it.
   */
  private static double alike(double side, int magnitude) {
    double least = least(magnitude);
    if (side < least) {
      return side / least;
    }
    double most = most(magnitude, Double.POSITIVE_INFINITY);
    return side > most ? most / side : 1;
  }

  /** The least part of the larger side that the intersection has, by the other axis's ratio. */
  private double share(double alike) {
    return bound / (1 + bound - bound / alike);
  }

  /**
   * How far along an axis the centre of a box of some magnitude can lie that suppresses this one.
   * Of sides a and b and an intersection i, it is at most (a + b) / 2 - i.
   *
   * @param share that the intersection must have of the larger side
   */
  private static double radius(double side, int magnitude, double largest, double share) {
    double most = most(magnitude, largest);
    double farthest = share < 0.5 ? most : Math.min(Math.max(side, least(magnitude)), most);
    return MARGIN * (side + farthest) / 2 - share * Math.max(side, farthest);
  }

  private boolean isSuppressed(
      float x1,
      float y1,
      float x2,
      float y2,
      float area,
      int wide,
      int high,
      double radiusX,
      double radiusY) {
    double centreX = ((double) x1 + x2) / 2;
    double centreY = ((double) y1 + y2) / 2;
    int left = cell(centreX - radiusX, wide);
    int right = cell(centreX + radiusX, wide);
    int top = cell(centreY - radiusY, high);
    int bottom = cell(centreY + radiusY, high);
    int kind = wide * MAGNITUDES + high;
    if (((double) right - left + 1) * ((double) bottom - top + 1) > counts[kind]) {
      return anySuppresses(firsts[kind], nextOfKind, x1, y1, x2, y2, area);
    }
    for (int row = top; row <= bottom; row++) {
      for (int column = left; column <= right; column++) {
        int first = cells[hash(kind, column, row)];
        if (anySuppresses(first, nextInCell, x1, y1, x2, y2, area)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Far away, many cells are one. */
  private static int cell(double centre, int magnitude) {
    double cell = Math.floor(centre * inverseCell(magnitude));
    return (int) Math.min(Math.max(cell, -OUTERMOST), OUTERMOST);
  }

  private int hash(int kind, int column, int row) {
    int mixed = (row * 0x9E3779B1 + column) * 0x85EBCA6B + kind * 0xC2B2AE35;
    mixed ^= mixed >>> 15;
    return (mixed * 0x2C1B3C6D >>> 7) & (cells.length - 1);
  }

  private boolean anySuppresses(
      int first, int[] next, float x1, float y1, float x2, float y2, float area) {
    for (int i = first; i >= 0; i = next[i]) {
      int k = i * STRIDE;
      float width = Math.min(x2, kept[k + 2]) - Math.max(x1, kept[k]);
      float height = Math.min(y2, kept[k + 3]) - Math.max(y1, kept[k + 1]);
      if (width > 0 && height > 0) {
        float intersection = width * height;
        if (intersection / (kept[k + 4] + area - intersection) > threshold) {
          return true;
        }
      }
    }
    return false;
  }

  private void insert(float x1, float y1, float x2, float y2, float area) {
    int k = count * STRIDE;
    kept[k] = x1;
    kept[k + 1] = y1;
    kept[k + 2] = x2;
    kept[k + 3] = y2;
    kept[k + 4] = area;
    int wide = magnitude(x2 - x1);
    int high = magnitude(y2 - y1);
    int kind = wide * MAGNITUDES + high;
    int column = cell(((double) x1 + x2) / 2, wide);
    int cell = hash(kind, column, cell(((double) y1 + y2) / 2, high));
    nextInCell[count] = cells[cell];
    cells[cell] = count;
    nextOfKind[count] = firsts[kind];
    firsts[kind] = count;
    counts[kind]++;
    largestWidth = Math.max(largestWidth, x2 - x1);
    largestHeight = Math.max(largestHeight, y2 - y1);
    count++;
  }
}
